#include "dbot/objectives/target.h"
#include "tests/golden/dbot_networks.h"
#include "tests/golden/student.h"
#include "tests/golden/support/bf16_step.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {

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
  const auto target = [&](const std::string& name, const at::Tensor& ours) {
    if (fixture.has(name)) comparison.tensor(name, ours, limits::value);
  };
  target("out.target_raw", raw);
  target("out.target_ln", normed);
  target("out.target_norm", objectives::standardise(raw));

  for (const bool final_norm : {false, true}) {
    for (const bool standardised : {false, true}) {
      const at::Tensor& features = final_norm ? normed : raw;
      const at::Tensor aim = standardised ? objectives::standardise(features) : features;
      const at::Tensor loss = objectives::masked_mean(
          objectives::token_loss(prediction, aim, feature_loss(fixture)), student.loss_positions);
      const std::string name = std::string("out.loss_tln") + (final_norm ? "1" : "0") + "_norm" +
                               (standardised ? "1" : "0");
      if (fixture.has(name)) comparison.numbers(name, loss, limits::loss);
      if (!final_norm && standardised) loss.backward({}, /*retain_graph=*/true);
    }
  }
  compare_gradients(fixture, "g.", *student.network.parameters(), comparison);
  check_bf16_step(fixture, comparison);
}

}  // namespace dbot::golden
