#include "dbot/optim/schedule.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"
#include "tests/golden/trajectory.h"

namespace dbot::golden {

void check_mae_steps(const Fixture& fixture, Comparison& comparison) {
  methods::MaskedModelingConfig config = method_config(fixture);
  config.objective.target = objectives::TargetKind::pixels;
  config.objective.normalisation = value_or(fixture.config, "norm_pix_loss", true)
                                       ? objectives::Normalisation::patch
                                       : objectives::Normalisation::none;
  config.loss.kind = objectives::LossKind::mse;
  if (fixture.config.contains("blr")) {
    const std::int64_t images =
        fixture.at("in.samples").size(1) * value_or<std::int64_t>(fixture.config, "accum_iter", 1);
    comparison.number("scaled rate",
                      optim::scaled_rate(fixture.config.at("blr").get<double>(), images),
                      fixture.config.at("lr").get<double>(), limits::rate);
  }
  check_trajectory(fixture, config, /*keep_optimizer=*/true, comparison);
}

void check_dbot_steps(const Fixture& fixture, Comparison& comparison) {
  methods::MaskedModelingConfig config = method_config(fixture);
  config.objective.target = objectives::TargetKind::teacher;
  config.objective.normalisation = value_or(fixture.config, "norm_feature_loss", true)
                                       ? objectives::Normalisation::token
                                       : objectives::Normalisation::none;
  config.loss.kind = objectives::LossKind::smooth_l1;
  config.loss.beta = value_or(fixture.config, "smooth_l1_beta", 2.0);
  config.teacher.depth = depth_of(fixture.with_prefix("t0."), "blocks.");
  config.teacher.features.final_norm = value_or(fixture.config, "tlayernorm", 0) != 0;
  config.keep_patch_bias = true;
  check_trajectory(fixture, config, /*keep_optimizer=*/true, comparison);
  if (!fixture.names("reset.").empty()) {
    check_trajectory(fixture, config, /*keep_optimizer=*/false, comparison);
  }
}

}  // namespace dbot::golden
