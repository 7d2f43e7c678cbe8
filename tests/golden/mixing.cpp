#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include "dbot/data/augment/mixing.h"
#include "dbot/objectives/classification_loss.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// Whether a box is the one around some pixel.
bool is_cutmix_box(const data::Crop& box, double lambda, core::Size size) {
  for (std::int64_t row = 0; row < size.height; ++row) {
    for (std::int64_t column = 0; column < size.width; ++column) {
      if (data::cutmix_box(lambda, size, row, column) == box) return true;
    }
  }
  return false;
}

data::Mix mix_of(const nlohmann::json& drawn, core::Size size, Comparison& comparison) {
  const auto lambda = drawn.at("lam_drawn").get<double>();
  data::Mix mix{lambda, std::nullopt};
  if (drawn.at("cutmix").get<bool>()) {
    const auto border = drawn.at("bbox_yl_yh_xl_xh").get<std::vector<int>>();
    const data::Crop box{border.at(0), border.at(2), border.at(1) - border.at(0),
                         border.at(3) - border.at(2)};
    comparison.truth("box of λ", is_cutmix_box(box, lambda, size));
    mix = data::cutmix(box, size);
  }
  comparison.number("λ", mix.kept, drawn.at("lam_used").get<double>(), limits::rate);
  return mix;
}

}  // namespace

void check_mixup(const Fixture& fixture, Comparison& comparison) {
  const auto classes = fixture.config.at("num_classes").get<std::int64_t>();
  const auto smoothing = fixture.config.at("smoothing").get<double>();
  const auto& cases = fixture.config.at("cases");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    at::Tensor images = fixture.at(fmt::format("in.x{}", i)).clone();
    const auto mix = mix_of(cases[i], {images.size(2), images.size(3)}, comparison);
    data::mix_images(images, mix);
    comparison.tensor(fmt::format("out.x{}", i), images, limits::loss);
    const auto& labels = fixture.at(fmt::format("in.y{}", i));
    comparison.tensor(fmt::format("out.target{}", i),
                      data::mixed_targets(labels, classes, smoothing, mix), limits::loss);
  }
  if (!fixture.has("out.lsce")) return;
  const auto &logits = fixture.at("in.lsce_logits"), &labels = fixture.at("in.lsce_y");
  comparison.numbers("out.lsce",
                     objectives::label_smoothing_cross_entropy(logits, labels, smoothing),
                     limits::loss);
  // The same as soft targets.
  const auto targets = data::soft_targets(labels, logits.size(1), smoothing);
  comparison.numbers("out.lsce", objectives::soft_target_cross_entropy(logits, targets),
                     limits::loss);
}

}  // namespace dbot::golden
