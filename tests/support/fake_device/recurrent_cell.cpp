#include "tests/support/fake_device/recurrent_cell.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>

#include <vector>

namespace dbot::test::fake {
namespace {

at::Tensor with_bias(const at::Tensor& gates, const std::optional<at::Tensor>& bias) {
  return bias && bias->defined() ? gates + *bias : gates;
}

}  // namespace

std::tuple<at::Tensor, at::Tensor> gru_cell(const at::Tensor& input_gates,
                                            const at::Tensor& hidden_gates, const at::Tensor& state,
                                            const std::optional<at::Tensor>& input_bias,
                                            const std::optional<at::Tensor>& hidden_bias) {
  const std::vector<at::Tensor> in = with_bias(input_gates, input_bias).chunk(3, 1);
  const std::vector<at::Tensor> hidden = with_bias(hidden_gates, hidden_bias).chunk(3, 1);
  const at::Tensor reset = at::sigmoid(in[0] + hidden[0]);
  const at::Tensor update = at::sigmoid(in[1] + hidden[1]);
  const at::Tensor fresh = at::tanh(in[2] + reset * hidden[2]);
  return {fresh + update * (state - fresh), at::cat({reset, update, fresh, state, hidden[2]}, 1)};
}

GruGradients gru_cell_backward(const at::Tensor& gradient, const at::Tensor& kept, bool has_bias) {
  const std::vector<at::Tensor> parts = kept.chunk(5, 1);
  const at::Tensor &reset = parts[0], &update = parts[1], &fresh = parts[2], &state = parts[3],
                   &hidden_fresh = parts[4];
  const at::Tensor of_update = gradient * (state - fresh) * update * (1 - update);
  const at::Tensor of_fresh = gradient * (1 - update) * (1 - fresh * fresh);
  const at::Tensor of_reset = of_fresh * hidden_fresh * reset * (1 - reset);
  const at::Tensor of_input = at::cat({of_reset, of_update, of_fresh}, 1);
  const at::Tensor of_hidden = at::cat({of_reset, of_update, of_fresh * reset}, 1);
  return {of_input, of_hidden, gradient * update, has_bias ? of_input.sum(0) : at::Tensor(),
          has_bias ? of_hidden.sum(0) : at::Tensor()};
}

}  // namespace dbot::test::fake
