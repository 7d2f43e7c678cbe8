#include "dbot/methods/mixing_draws.h"

#include <ATen/ops/tensor.h>

namespace dbot::methods {

at::Tensor mixing_tensor(const data::Mix& mix) {
  const data::Crop box = mix.box.value_or(data::Crop{});
  const auto number = [](int value) { return static_cast<double>(value); };
  return at::tensor({mix.kept, mix.box ? 1.0 : 0.0, number(box.top), number(box.left),
                     number(box.height), number(box.width)},
                    at::kDouble);
}

data::Mix drawn_mix(const StepDraws& draws) {
  const auto found = draws.find("mixing");
  if (found == draws.end()) return {};
  const at::Tensor drawn = found->second.cpu();
  const double* values = drawn.const_data_ptr<double>();
  data::Mix mix{.kept = values[0], .box = std::nullopt};
  const auto whole = [&](int place) { return static_cast<int>(values[place]); };
  if (values[1] != 0) mix.box = data::Crop{whole(2), whole(3), whole(4), whole(5)};
  return mix;
}

}  // namespace dbot::methods
