#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>

#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

// Magnitudes of IEEE numbers are in the order of their bits without the sign.
constexpr std::uint32_t kNoSign = 0x7fffffff;

std::uint32_t magnitude_key(float score) {
  return std::bit_cast<std::uint32_t>(score) & kNoSign;
}

/// The smallest key of which more than `rank` are not larger, and how many of its equals are among
/// the `rank` smallest ones.
struct Boundary {
  std::uint32_t key = 0;
  std::int64_t equals_left_out = 0;
};

/// By counting digits, the highest first: three passes over memory without a branch on the values,
/// where a selection by comparisons guesses wrong at every second one.
Boundary boundary_of(std::span<const float> scores, std::int64_t rank) {
  constexpr int kDigits[] = {11, 10, 10};  // bits, 31 in all
  Boundary found{.equals_left_out = rank};
  int below = 31;
  std::uint32_t known = 0;  // bits of the key that earlier digits have fixed
  for (const int bits : kDigits) {
    below -= bits;
    std::array<std::uint32_t, 1U << 11U> counts{};
    const std::uint32_t digit = (1U << static_cast<unsigned>(bits)) - 1;
    for (const float score : scores) {
      const std::uint32_t key = magnitude_key(score);
      const bool belongs = (key & known) == found.key;
      counts[(key >> static_cast<unsigned>(below)) & digit] += belongs ? 1 : 0;
    }
    std::uint32_t value = 0;
    while (static_cast<std::int64_t>(counts[value]) <= found.equals_left_out && value < digit) {
      found.equals_left_out -= counts[value++];
    }
    found.key |= value << static_cast<unsigned>(below);
    known |= digit << static_cast<unsigned>(below);
  }
  return found;
}

void mark_larger(std::span<const float> scores, Boundary boundary, std::span<bool> mask) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    mask[i] = magnitude_key(scores[i]) >= boundary.key;
  }
  // Equals come one after the other, and there are few: their search ends with the last one.
  for (std::size_t i = 0; boundary.equals_left_out > 0 && i < scores.size(); ++i) {
    if (magnitude_key(scores[i]) != boundary.key) continue;
    mask[i] = false;
    --boundary.equals_left_out;
  }
}

template <typename Value>
std::span<Value> values_of(const at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<Value>(), static_cast<std::size_t>(tensor.numel())};
}

std::span<const float> floats_of(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

std::span<const bool> marks_of(const at::Tensor& mask) {
  return {mask.const_data_ptr<bool>(), static_cast<std::size_t>(mask.numel())};
}

at::Tensor kept_where(const at::Tensor& mask, const at::Tensor& values) {
  at::Tensor result = at::empty_like(values);
  const auto kept = values_of<float>(result);
  const auto from = floats_of(values);
  const auto marks = marks_of(mask);
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = marks[i] ? from[i] : 0.0F;
  return result;
}

float sign_of(float score) {
  return static_cast<float>(static_cast<int>(score > 0) - static_cast<int>(score < 0));
}

class SupermaskBackward : public torch::autograd::Node {
 public:
  at::Tensor weight, scores, mask;

  std::string name() const override { return "dbot::supermasked"; }
  void release_variables() override {
    weight.reset();
    scores.reset();
    mask.reset();
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    torch::autograd::variable_list result(2);
    if (!gradients.at(0).defined()) return result;
    const at::Tensor outer = gradients.at(0).contiguous();
    if (should_compute_output(0)) result[0] = kept_where(mask, outer);
    if (should_compute_output(1)) result[1] = of_scores(outer);
    return result;
  }

 private:
  at::Tensor of_scores(const at::Tensor& outer) const {
    at::Tensor result = at::empty_like(outer);
    const auto to = values_of<float>(result);
    const auto from = floats_of(outer), weights = floats_of(weight), ranks = floats_of(scores);
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = from[i] * weights[i] * sign_of(ranks[i]);
    }
    return result;
  }
};

}  // namespace

at::Tensor top_mask_cpu(const at::Tensor& scores, std::int64_t left_out) {
  const c10::NoGradGuard no_graph;
  const at::Tensor plain = scores.detach().contiguous();
  at::Tensor mask = at::empty_like(plain, at::kBool);
  const auto marks = values_of<bool>(mask);
  if (left_out >= plain.numel()) return mask.zero_();
  mark_larger(floats_of(plain), boundary_of(floats_of(plain), left_out), marks);
  return mask;
}

at::Tensor supermasked_cpu(const at::Tensor& weight, const at::Tensor& scores,
                           const at::Tensor& mask) {
  const bool with_graph =
      c10::GradMode::is_enabled() && (weight.requires_grad() || scores.requires_grad());
  std::shared_ptr<SupermaskBackward> node;
  if (with_graph) {
    node.reset(new SupermaskBackward, torch::autograd::deleteNode);
    node->set_next_edges(torch::autograd::collect_next_edges(weight, scores));
  }
  const c10::NoGradGuard no_graph;
  const at::Tensor plain = weight.detach().contiguous(), marks = mask.contiguous();
  at::Tensor result = kept_where(marks, plain);
  if (!node) return result;
  node->weight = plain;
  node->scores = scores.detach().contiguous();
  node->mask = marks;
  torch::autograd::set_history(result, node);
  return result;
}

}  // namespace dbot::ops
