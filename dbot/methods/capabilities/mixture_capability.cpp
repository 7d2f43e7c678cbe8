#include "dbot/methods/capabilities/mixture_capability.h"

#include <ATen/ops/stack.h>

#include <utility>
#include <vector>

namespace dbot::methods {

ImageStrip mixture_strip(const SeparatedMixture& separated, std::int64_t pair) {
  std::vector<at::Tensor> images;
  std::vector<std::string> names;
  const auto add = [&](const at::Tensor& all, const char* name) {
    if (!all.defined()) return;
    images.push_back(all.select(0, pair));
    names.emplace_back(name);
  };
  add(separated.first, "first image");
  add(separated.second, "second image");
  add(separated.mixture, "mixture");
  add(separated.masked, "masked mixture");
  add(separated.subordinate, "subordinate, reconstructed");
  add(separated.dominant, "dominant, reconstructed");
  return {.images = at::stack(images), .names = std::move(names)};
}

}  // namespace dbot::methods
