#include "tests/support/fake_device/attention.h"

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <torch/library.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "dbot/core/error.h"
#include "tests/support/fake_device/fake_device.h"
#include "tests/support/fake_device/host_operators.h"
#include "tests/support/fake_device/memory.h"
#include "tests/support/fake_device/record.h"
#include "tests/support/fake_device/tape.h"

namespace dbot::test::fake {
namespace {

at::Tensor there(const at::Tensor& result) {
  const at::Tensor copy = at::empty_strided(result.sizes(), result.strides(),
                                            result.options().device(at::Device(device())));
  host_view(copy).copy_(result);
  return copy;
}

/// What `compute` gives, on the device; and the same again in replays of a graph.
template <typename Compute>
std::vector<at::Tensor> kept(const Compute& compute) {
  std::vector<at::Tensor> results, places;
  for (const at::Tensor& result : compute()) {
    results.push_back(there(result));
    places.push_back(host_view(results.back()));
  }
  if (is_recording()) {
    keep_on_tape([compute, places] {
      const std::vector<at::Tensor> again = compute();
      for (std::size_t i = 0; i < places.size(); ++i) places[i].copy_(again[i]);
    });
  }
  return results;
}

/// A GPU's kernel takes no other type.
void require_low(const at::Tensor& query) {
  if (query.scalar_type() == at::kBFloat16) return;
  throw Error("[fake device] flash attention is for bfloat16 alone");
}

using Forward = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt,
                           at::Tensor, at::Tensor, at::Tensor>;

Forward flash(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
              double dropout, bool causal, bool /*with_mask*/, std::optional<double> scale) {
  require_low(query);
  tell_operator("flash attention " + c10::str(query.sizes()));
  const Open open;
  const Inside inside;
  const auto compute = [dropout, causal, scale, q = host_view(query), k = host_view(key),
                        v = host_view(value)] {
    auto [result, log_sums] = at::_scaled_dot_product_flash_attention_for_cpu(
        q, k, v, dropout, causal, std::nullopt, scale);
    // Token by token, as a GPU's kernel leaves it.
    return std::vector{result.transpose(1, 2).contiguous().transpose(1, 2), log_sums};
  };
  const std::vector<at::Tensor> results = kept(compute);
  const at::Tensor numbers = at::empty({2}, query.options().dtype(at::kLong));
  const at::Tensor unused = at::empty({}, numbers.options());
  return {results[0], results[1], {}, {}, query.size(2), key.size(2), numbers, unused, {}};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> flash_backward(
    const at::Tensor& gradient, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& result, const at::Tensor& log_sums,
    const at::Tensor& /*query_ends*/, const at::Tensor& /*key_ends*/, std::int64_t /*queries*/,
    std::int64_t /*keys*/, double dropout, bool causal, const at::Tensor& /*seed*/,
    const at::Tensor& /*offset*/, std::optional<double> scale) {
  tell_operator("flash attention backward " + c10::str(query.sizes()));
  const Open open;
  const Inside inside;
  const auto compute = [dropout, causal, scale, g = host_view(gradient), q = host_view(query),
                        k = host_view(key), v = host_view(value), y = host_view(result),
                        l = host_view(log_sums)] {
    auto [of_query, of_key, of_value] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        g, q, k, v, y, l, dropout, causal, std::nullopt, scale);
    return std::vector{of_query, of_key, of_value};
  };
  const std::vector<at::Tensor> results = kept(compute);
  return {results[0], results[1], results[2]};
}

}  // namespace

void install_attention() {
  static torch::Library own(torch::Library::IMPL, "aten", c10::DispatchKey::PrivateUse1, __FILE__,
                            __LINE__);
  own.impl("_scaled_dot_product_flash_attention", &flash);
  own.impl("_scaled_dot_product_flash_attention_backward", &flash_backward);
}

}  // namespace dbot::test::fake
