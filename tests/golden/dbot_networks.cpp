#include "tests/golden/dbot_networks.h"

#include "tests/golden/student.h"

namespace dbot::golden {
namespace {

/// Encoder settings that stand beside "student" and "teacher" hold for both.
nlohmann::json network_json(const Fixture& fixture, const char* which) {
  nlohmann::json config = fixture.config;
  config.update(fixture.config.at(which));
  return config;
}

}  // namespace

Student read_student(const Fixture& fixture) {
  const runtime::NamedTensors weights = fixture.with_prefix("w.");
  const auto config =
      student_config(network_json(fixture, "student"), fixture.at("in.images").size(1), weights);
  const std::int64_t kept = masking::kept_patches(config.encoder.patches(),
                                                  fixture.config.at("mask_ratio").get<double>());
  const masking::Mask mask = masking::random_mask(fixture.at("in.noise"), kept);
  return {make_student(config, weights), mask, with_cls_position(mask.mask)};
}

at::Tensor teacher_features(const Fixture& fixture, bool final_norm, at::ScalarType compute) {
  const at::Tensor& images =
      fixture.at(fixture.has("in.teacher_images") ? "in.teacher_images" : "in.images");
  const runtime::NamedTensors weights = fixture.with_prefix("t.");
  const char* which = fixture.config.contains("teacher") ? "teacher" : "student";
  const auto config = encoder_config(network_json(fixture, which), images.size(1), weights);
  return make_teacher(config, weights, final_norm)
      .features(images, compute, objectives::Normalisation::none);
}

objectives::LossConfig feature_loss(const Fixture& fixture) {
  return {.kind = objectives::LossKind::smooth_l1,
          .beta = value_or(fixture.config, "smooth_l1_beta", 2.0)};
}

}  // namespace dbot::golden
