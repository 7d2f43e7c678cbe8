#include "tests/golden/mae_st/clip_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/video/clip_views.h"

namespace dbot::golden {
namespace {

/// The columns of view.args.
enum ViewArgument { kFrames, kRate, kStride, kCount, kTargetRate, kView, kViews, kEven, kDraw };

void check_frames(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& rows = fixture.at("view.args");
  const auto width = fixture.peek("view.frame_ids").size(1);
  at::Tensor ids = at::full({rows.size(0), width}, -1, at::TensorOptions(at::kLong));
  at::Tensor spans = at::zeros({rows.size(0), 3}, at::TensorOptions(at::kDouble));
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    const auto* values = rows.const_data_ptr<double>() + row * rows.size(1);
    const auto frames = static_cast<std::int64_t>(values[kFrames]);
    const data::ClipTiming timing{static_cast<std::int64_t>(values[kCount]), values[kStride],
                                  values[kTargetRate]};
    const double length = data::clip_length(timing, values[kRate]);
    const auto view = static_cast<std::int64_t>(values[kView]);
    const auto views = static_cast<std::int64_t>(values[kViews]);
    const auto spacing = values[kEven] != 0 ? data::ViewSpacing::even : data::ViewSpacing::open;
    const double start = view < 0 ? data::random_start(values[kDraw], frames, length)
                                  : data::view_start(view, views, frames, length, spacing);
    const auto numbers = data::clip_frames(start, length, timing.frames, frames);
    ids[row].narrow(0, 0, timing.frames).copy_(at::tensor(numbers));
    spans[row].copy_(at::tensor({length, start, start + length - 1}));
  }
  comparison.exact("view.frame_ids", ids);
  comparison.elements("view.clip_start_end", spans, element_limits::table);
}

/// Recorded draws in their order.
class RecordedDraws {
 public:
  RecordedDraws(const at::Tensor& kinds, const at::Tensor& values, std::int64_t begin)
      : kinds_(kinds), values_(values), at_(begin) {}

  data::CropDraws draws() {
    return {[this](double low, double high) { return low + (high - low) * next(0); },
            [this](int) { return static_cast<int>(next(1)); }};
  }
  std::int64_t used() const { return at_; }
  bool as_recorded() const { return as_recorded_; }

 private:
  double next(std::int64_t kind) {
    as_recorded_ &= at_ < values_.numel() && kinds_.const_data_ptr<std::int64_t>()[at_] == kind;
    return at_ < values_.numel() ? values_.const_data_ptr<double>()[at_++] : 0;
  }

  const at::Tensor& kinds_;
  const at::Tensor& values_;
  std::int64_t at_;
  bool as_recorded_ = true;
};

data::AugmentationConfig crop_config(double low, double high) {
  return {.crop_scale = {low, high}, .crop_ratio = {0.75, 4.0 / 3}, .pixels = {}};
}

void check_boxes(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor &rows = fixture.at("rrc.h_w_scale"), &counts = fixture.at("rrc.draw_count");
  at::Tensor boxes = at::zeros({rows.size(0), 4}, at::TensorOptions(at::kLong));
  RecordedDraws recorded(fixture.at("rrc.draw_kind"), fixture.at("rrc.draw_value"), 0);
  std::int64_t expected = 0;
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    const auto* values = rows.const_data_ptr<double>() + row * rows.size(1);
    const auto box =
        data::random_resized_crop(static_cast<int>(values[0]), static_cast<int>(values[1]),
                                  crop_config(values[2], values[3]), recorded.draws());
    boxes[row].copy_(
        at::tensor(std::vector<std::int64_t>{box.top, box.left, box.height, box.width}));
    expected += counts.const_data_ptr<std::int64_t>()[row];
    comparison.truth(fmt::format("row {} uses its own draws", row), recorded.used() == expected);
  }
  comparison.truth("draws are asked for as recorded", recorded.as_recorded());
  comparison.exact("rrc.box_i_j_h_w", boxes);
}

void check_crops(const Fixture& fixture, Comparison& comparison) {
  const auto size = fixture.config.at("crop_size").get<std::int64_t>();
  for (const char* shape : {"wide", "tall"}) {
    const at::Tensor& frames = fixture.at(fmt::format("crop.in_{}", shape));
    const int height = static_cast<int>(frames.size(-2)), width = static_cast<int>(frames.size(-1));
    for (int view = 0; view < 3; ++view) {
      const auto window = data::side_view(height, width, size, view);
      comparison.elements(fmt::format("crop.{}_view{}", shape, view),
                          data::resize_reference(frames, window), element_limits::value);
    }
  }
  if (!fixture.has("rrc.example_out")) return;
  const at::Tensor& frames = fixture.at("crop.in_wide");
  RecordedDraws recorded(fixture.at("rrc.example_draw_kind"), fixture.at("rrc.example_draw_value"),
                         0);
  const auto box = data::random_resized_crop(static_cast<int>(frames.size(-2)),
                                             static_cast<int>(frames.size(-1)),
                                             crop_config(0.5, 1.0), recorded.draws());
  comparison.elements("rrc.example_out",
                      data::resize_reference(frames, data::ResizeWindow::whole(box, {size, size})),
                      element_limits::value);
}

}  // namespace

void check_clip_views(const Fixture& fixture, Comparison& comparison) {
  check_frames(fixture, comparison);
  check_boxes(fixture, comparison);
  check_crops(fixture, comparison);
  // What clip_part makes row b · repeats + r of, tests/data/video/clip_part_test.cpp shows.
  const at::Tensor& clips = fixture.at("repeat.in");
  comparison.exact("repeat.folded", clips.flatten(0, 1));
}

}  // namespace dbot::golden
