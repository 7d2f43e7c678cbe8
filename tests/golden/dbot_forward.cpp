#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "tests/golden/registry.h"
#include "tests/golden/student.h"

namespace dbot::golden {
namespace {

/// Encoder settings that stand beside "student" and "teacher" hold for both.
nlohmann::json network_json(const Fixture& fixture, const char* which) {
  nlohmann::json config = fixture.config;
  config.update(fixture.config.at(which));
  return config;
}

struct Student {
  nn::MaskedAutoencoder network;
  masking::Mask mask;
  at::Tensor loss_positions;  // [batch, 1 + patches]
};

Student read_student(const Fixture& fixture) {
  const nn::NamedTensors weights = fixture.with_prefix("w.");
  const auto config =
      student_config(network_json(fixture, "student"), fixture.at("in.images").size(1), weights);
  const std::int64_t kept = masking::kept_patches(config.encoder.patches(),
                                                  fixture.config.at("mask_ratio").get<double>());
  const masking::Mask mask = masking::random_mask(fixture.at("in.noise"), kept);
  return {make_student(config, weights), mask, with_cls_position(mask.mask)};
}

/// The teacher's raw features with or without its final norm.
at::Tensor teacher_features(const Fixture& fixture, bool final_norm) {
  const at::Tensor& images =
      fixture.at(fixture.has("in.teacher_images") ? "in.teacher_images" : "in.images");
  const nn::NamedTensors weights = fixture.with_prefix("t.");
  const char* which = fixture.config.contains("teacher") ? "teacher" : "student";
  const auto config = encoder_config(network_json(fixture, which), images.size(1), weights);
  return make_teacher(config, weights, final_norm)
      .features(images, at::kFloat, objectives::Normalisation::none);
}

objectives::LossConfig loss_config(const Fixture& fixture) {
  return {.kind = objectives::LossKind::smooth_l1,
          .beta = value_or(fixture.config, "smooth_l1_beta", 2.0)};
}

}  // namespace

void check_dbot_forward(const Fixture& fixture, Comparison& comparison) {
  const Student student = read_student(fixture);
  const at::Tensor latent =
      student.network.encode(fixture.at("in.images"), student.mask.ids_keep, at::kFloat);
  const at::Tensor prediction =
      student.network.decode(latent, student.mask.ids_restore, at::kFloat);
  comparison.exact("out.mask", student.loss_positions);
  comparison.exact("out.ids_restore", student.mask.ids_restore);
  comparison.tensor("out.latent", latent, limits::value);
  comparison.tensor("out.pred", prediction, limits::value);

  const at::Tensor raw = teacher_features(fixture, false);
  const at::Tensor normed = teacher_features(fixture, true);
  comparison.tensor("out.target_raw", raw, limits::value);
  comparison.tensor("out.target_ln", normed, limits::value);
  comparison.tensor("out.target_norm", objectives::standardise(raw), limits::value);

  for (const bool final_norm : {false, true}) {
    for (const bool standardised : {false, true}) {
      const at::Tensor& features = final_norm ? normed : raw;
      const at::Tensor target = standardised ? objectives::standardise(features) : features;
      const at::Tensor loss = objectives::masked_mean(
          objectives::token_loss(prediction, target, loss_config(fixture)), student.loss_positions);
      const std::string name = std::string("out.loss_tln") + (final_norm ? "1" : "0") + "_norm" +
                               (standardised ? "1" : "0");
      if (fixture.has(name)) comparison.numbers(name, loss, limits::loss);
      if (!final_norm && standardised) loss.backward({}, /*retain_graph=*/true);
    }
  }
  compare_gradients(fixture, "g.", *student.network.parameters(), comparison);
}

namespace {

/// The stored draws of one stack in the order of nn::DropPath; blocks of rate 0 have none. Checks
/// our rates and keep flags on the way.
nn::DropPath stored_drop_path(const Fixture& fixture, const std::string& stack, std::int64_t depth,
                              Comparison& comparison) {
  const std::int64_t batch = fixture.at("in.images").size(0);
  nn::DropPath drop_path{fixture.config.at("drop_path_rate").get<double>(),
                         fixture.at("in.noise").new_zeros({2 * depth, batch})};
  const char* branches[] = {"attn", "mlp"};
  for (std::int64_t block = 0; block < depth; ++block) {
    const std::string name = stack + "." + std::to_string(block);
    if (fixture.config.contains("rates") && fixture.config.at("rates").contains(name)) {
      comparison.number("rate of " + name, nn::drop_path_rate(drop_path.maximum, block, depth),
                        fixture.config.at("rates").at(name).get<double>(), 1e-12);
    }
    for (std::int64_t branch = 0; branch < 2; ++branch) {
      const std::string draw = name + "." + branches[branch];
      if (!fixture.has("in.draw." + draw)) continue;
      drop_path.draws.select(0, 2 * block + branch).copy_(fixture.at("in.draw." + draw));
    }
    const ops::BranchScales scales = drop_path.scales(block, depth);
    for (std::int64_t branch = 0; branch < 2; ++branch) {
      const std::string keep = "in.keep." + name + "." + branches[branch];
      const at::Tensor& scale = branch == 0 ? scales.attention : scales.mlp;
      if (fixture.has(keep) && scale.defined()) {
        comparison.equal(keep, scale.gt(0), fixture.at(keep).gt(0));
      }
    }
  }
  return drop_path;
}

}  // namespace

void check_drop_path(const Fixture& fixture, Comparison& comparison) {
  const Student student = read_student(fixture);
  const nn::MaskedAutoencoderConfig& config = student.network.config();
  const at::Tensor latent =
      student.network.encode(fixture.at("in.images"), student.mask.ids_keep, at::kFloat,
                             stored_drop_path(fixture, "blocks", config.encoder.depth, comparison));
  const at::Tensor prediction = student.network.decode(
      latent, student.mask.ids_restore, at::kFloat,
      stored_drop_path(fixture, "decoder_blocks", config.decoder.depth, comparison));
  const bool final_norm = value_or(fixture.config, "tlayernorm", 0) != 0;
  const at::Tensor target = objectives::standardise(teacher_features(fixture, final_norm));
  const at::Tensor loss = objectives::masked_mean(
      objectives::token_loss(prediction, target, loss_config(fixture)), student.loss_positions);
  comparison.exact("out.mask", student.loss_positions);
  if (fixture.has("out.ids_restore")) {
    comparison.exact("out.ids_restore", student.mask.ids_restore);
  }
  if (fixture.has("out.latent")) comparison.tensor("out.latent", latent, limits::value);
  comparison.tensor("out.pred", prediction, limits::value);
  comparison.numbers("out.loss", loss, limits::loss);
  loss.backward();
  compare_gradients(fixture, "g.", *student.network.parameters(), comparison);
}

}  // namespace dbot::golden
