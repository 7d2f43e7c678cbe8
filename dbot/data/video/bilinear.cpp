#include "dbot/data/video/bilinear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <vector>

#include "dbot/data/kernels/bilinear_kernels.h"

namespace dbot::data {
namespace {

/// The taps along one direction.
class AxisTaps {
 public:
  /// `inputs` from `begin` on are spread over `scaled` outputs, of which `count` from `skipped` on
  /// are wanted. Places are computed in single precision, as PyTorch does.
  void set(std::int64_t begin, std::int64_t inputs, std::int64_t scaled, std::int64_t skipped,
           std::int64_t count, bool mirror) {
    low_.resize(static_cast<std::size_t>(count));
    high_.resize(low_.size());
    share_.resize(low_.size());
    const float scale = static_cast<float>(inputs) / static_cast<float>(scaled);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto output = static_cast<float>(skipped + i);
      const float place = std::max(scale * (output + 0.5F) - 0.5F, 0.0F);
      const auto low = std::min(static_cast<std::int64_t>(place), inputs - 1);
      const auto at = static_cast<std::size_t>(mirror ? count - 1 - i : i);
      low_[at] = static_cast<std::int32_t>(begin + low);
      high_[at] = static_cast<std::int32_t>(begin + std::min(low + 1, inputs - 1));
      share_[at] = std::clamp(place - static_cast<float>(low), 0.0F, 1.0F);
    }
  }
  void set_rows(const ResizeWindow& window) {
    set(window.region.top, window.region.height, window.scaled.height, window.top,
        window.size.height, false);
  }
  void set_columns(const ResizeWindow& window, bool mirror) {
    set(window.region.left, window.region.width, window.scaled.width, window.left,
        window.size.width, mirror);
  }

  BilinearTaps taps() const { return {low_.data(), high_.data(), share_.data(), low_.size()}; }
  std::int32_t first() const { return std::ranges::min(low_); }
  std::int32_t last() const { return std::ranges::max(high_); }

  at::Tensor lows() const { return places(low_); }
  at::Tensor highs() const { return places(high_); }
  at::Tensor shares() const {
    return at::from_blob(const_cast<float*>(share_.data()),
                         {static_cast<std::int64_t>(share_.size())}, at::TensorOptions(at::kFloat))
        .clone();
  }

 private:
  static at::Tensor places(const std::vector<std::int32_t>& list) {
    return at::from_blob(const_cast<std::int32_t*>(list.data()),
                         {static_cast<std::int64_t>(list.size())}, at::TensorOptions(at::kInt))
        .clone();
  }

  std::vector<std::int32_t> low_, high_;
  std::vector<float> share_;
};

}  // namespace

RowRange rows_of(const ResizeWindow& window) {
  AxisTaps rows;
  rows.set_rows(window);
  return {rows.first(), rows.last() - rows.first() + 1};
}

void resize_window(const RgbRows& rows, const ResizeWindow& window, bool mirror,
                   std::uint8_t* result, std::size_t plane) {
  thread_local AxisTaps down, across;  // their memory serves the next frame
  thread_local std::vector<float> line;
  down.set_rows(window);
  across.set_columns(window, mirror);
  line.resize(3 * static_cast<std::size_t>(across.last() - across.first() + 1));
  resize_bilinear_rgb(rows.first - rows.step * rows.top, rows.step, down.taps(), across.taps(),
                      across.first(), across.last(), line.data(), result, plane);
}

at::Tensor resize_reference(const at::Tensor& frames, const ResizeWindow& window) {
  AxisTaps rows, columns;
  rows.set_rows(window);
  columns.set_columns(window, false);
  const auto mixed = [](const at::Tensor& values, const AxisTaps& taps, std::int64_t dimension) {
    const at::Tensor low = values.index_select(dimension, taps.lows());
    const at::Tensor high = values.index_select(dimension, taps.highs());
    const at::Tensor shares = dimension == -2 ? taps.shares().unsqueeze(-1) : taps.shares();
    return low + shares * (high - low);
  };
  return mixed(mixed(frames, rows, -2), columns, -1);
}

}  // namespace dbot::data
