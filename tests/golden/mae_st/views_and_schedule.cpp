#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>

#include "dbot/data/augment/mixing.h"
#include "dbot/masking/random_mask.h"
#include "dbot/methods/clip_classification/join_views.h"
#include "dbot/objectives/target_frames.h"
#include "dbot/optim/schedule.h"
#include "tests/golden/mae_st/clip_views.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr double kTableLimit = 1e-6;

void compare_kept(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor ours = fixture.at("keep.L_ratio_keep").clone();
  for (std::int64_t row = 0; row < ours.size(0); ++row) {
    ours[row][2].fill_(masking::kept_patches(static_cast<std::int64_t>(ours[row][0].item<double>()),
                                             ours[row][1].item<double>()));
  }
  comparison.exact("keep.L_ratio_keep", ours);
}

void compare_target_frames(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& sizes = fixture.at("target_frames.T_predT");
  const at::Tensor ours = at::full_like(fixture.peek("target_frames.ids"), -1);
  for (std::int64_t row = 0; row < sizes.size(0); ++row) {
    const auto frames = objectives::target_frames(sizes[row][0].item<std::int64_t>(),
                                                  sizes[row][1].item<std::int64_t>());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      ours[row][static_cast<std::int64_t>(i)].fill_(frames[i]);
    }
  }
  comparison.exact("target_frames.ids", ours);
}

void compare_schedule(const Fixture& fixture, Comparison& comparison) {
  const auto& config = fixture.config.at("sched");
  const at::Tensor ours = fixture.at("sched.epoch").clone();
  for (std::int64_t i = 0; i < ours.numel(); ++i) {
    ours[i].fill_(optim::learning_rate(ours[i].item<double>(), 0, config.at("epochs"),
                                       config.at("warmup_epochs"), config.at("lr"),
                                       config.at("min_lr")));
  }
  comparison.numbers("sched.lr", ours, kTableLimit);
}

/// Boxes about recorded centres, in images as large as those of `crop.in_wide`.
void compare_boxes(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& wide = fixture.peek("crop.in_wide");
  const core::Size size{wide.size(-2), wide.size(-1)};
  const std::string name = "cutmix.lam_cy_cx_yl_yh_xl_xh_lamout";
  const at::Tensor ours = fixture.at(name).clone();
  for (std::int64_t i = 0; i < ours.size(0); ++i) {
    const at::Tensor row = ours[i];
    const auto box = data::cutmix_box(row[0].item<double>(), size,
                                      static_cast<std::int64_t>(row[1].item<double>()),
                                      static_cast<std::int64_t>(row[2].item<double>()));
    row[3].fill_(box.top);
    row[4].fill_(box.top + box.height);
    row[5].fill_(box.left);
    row[6].fill_(box.left + box.width);
    row[7].fill_(data::cutmix(box, size).kept);
  }
  comparison.scaled(name, ours, kTableLimit);
}

void compare_joined_views(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& logits = fixture.at("views.logits");
  const std::int64_t views = logits.size(0) / fixture.at("views.pred").size(0);
  const at::Tensor joined = methods::join_views(logits, views);
  comparison.elements("views.sum_softmax", joined.exp() * static_cast<double>(views),
                      element_limits::value);
  comparison.exact("views.pred", joined.argmax(1));
}

}  // namespace

void check_mae_st_views(const Fixture& fixture, Comparison& comparison) {
  check_clip_views(fixture, comparison);
  compare_kept(fixture, comparison);
  compare_target_frames(fixture, comparison);
  compare_schedule(fixture, comparison);
  compare_boxes(fixture, comparison);
  compare_joined_views(fixture, comparison);
}

}  // namespace dbot::golden
