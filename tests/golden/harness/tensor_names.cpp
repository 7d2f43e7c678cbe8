#include "tests/golden/harness/tensor_names.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <array>

namespace dbot::golden {

bool is_result(std::string_view name) {
  constexpr std::array<std::string_view, 11> kPrefixes{"out.",    "act.",  "g.",    "g_raw.",
                                                       "g_norm.", "grad.", "grad_", "loss_",
                                                       "reset.",  "opt.",  "after."};
  // A stage's fresh student is where the next stage begins.
  const bool before_switch =
      name.starts_with("switch") && name.find(".student_after.") == std::string_view::npos;
  return before_switch || name == "loss" ||
         std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

bool is_gradient(std::string_view name) {
  constexpr std::array<std::string_view, 4> kPrefixes{"g.", "g_raw.", "g_norm.", "grad"};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

KeyPart key_part(std::string_view name) {
  // The last of the fused ones is Flax's name in M3AE.
  constexpr std::array<std::string_view, 3> kFused{"qkv.bias", "in_proj_bias",
                                                   "Attention_0.Dense_0.bias"};
  constexpr std::array<std::string_view, 3> kSeparate{"attn.k.bias", "key.bias", "k_proj.bias"};
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  if (std::ranges::any_of(kFused, ends)) return KeyPart::third;
  return std::ranges::any_of(kSeparate, ends) ? KeyPart::whole : KeyPart::none;
}

at::Tensor without_key(const at::Tensor& bias, KeyPart part) {
  if (part == KeyPart::none) return bias;
  if (part == KeyPart::whole) return bias.slice(0, 0, 0);
  const std::int64_t width = bias.size(0) / 3;
  return at::cat({bias.slice(0, 0, width), bias.slice(0, 2 * width)});
}

at::Tensor key_of(const at::Tensor& bias, KeyPart part) {
  if (part == KeyPart::none) return bias.slice(0, 0, 0);
  if (part == KeyPart::whole) return bias;
  const std::int64_t width = bias.size(0) / 3;
  return bias.slice(0, width, 2 * width);
}

}  // namespace dbot::golden
