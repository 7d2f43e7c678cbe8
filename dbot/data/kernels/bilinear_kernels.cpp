#include "dbot/data/kernels/bilinear_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/data/kernels/bilinear_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dbot::data::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Mixes two rows of pixels; all channels alike.
HWY_INLINE void mix_rows(const std::uint8_t* HWY_RESTRICT low,
                         const std::uint8_t* HWY_RESTRICT high, float share, std::size_t count,
                         float* HWY_RESTRICT line) {
  for (std::size_t i = 0; i < count; ++i) {
    const float value = low[i];
    line[i] = value + share * (static_cast<float>(high[i]) - value);
  }
}

HWY_INLINE std::uint8_t rounded(float value) {
  return static_cast<std::uint8_t>(value + 0.5F);  // between 0 and 255 already
}

/// One row of the result, of one channel: `line` is that channel's first value.
HWY_INLINE void mix_columns(const float* HWY_RESTRICT line, const BilinearTaps& columns,
                            std::int32_t first, std::uint8_t* HWY_RESTRICT result) {
  const hn::ScalableTag<float> floats;
  const hn::RebindToSigned<decltype(floats)> places;
  const hn::Rebind<std::uint8_t, decltype(floats)> bytes;
  const std::size_t lanes = hn::Lanes(floats);
  const auto three = hn::Set(places, 3);
  const auto begin = hn::Set(places, first);
  std::size_t x = 0;
  for (; x + lanes <= columns.count; x += lanes) {
    const auto low = hn::Mul(hn::Sub(hn::LoadU(places, columns.low + x), begin), three);
    const auto high = hn::Mul(hn::Sub(hn::LoadU(places, columns.high + x), begin), three);
    const auto left = hn::GatherIndex(floats, line, low);
    const auto right = hn::GatherIndex(floats, line, high);
    const auto value = hn::MulAdd(hn::LoadU(floats, columns.share + x), hn::Sub(right, left), left);
    const auto levels = hn::ConvertTo(places, hn::Add(value, hn::Set(floats, 0.5F)));
    hn::StoreU(hn::DemoteTo(bytes, levels), bytes, result + x);
  }
  for (; x < columns.count; ++x) {
    const float left = line[3 * (columns.low[x] - first)];
    const float right = line[3 * (columns.high[x] - first)];
    result[x] = rounded(left + columns.share[x] * (right - left));
  }
}

void resize_bilinear_rgb(const std::uint8_t* pixels, std::ptrdiff_t step, const BilinearTaps& rows,
                         const BilinearTaps& columns, std::int32_t first, std::int32_t last,
                         float* line, std::uint8_t* result, std::size_t plane) {
  const auto count = 3 * static_cast<std::size_t>(last - first + 1);
  for (std::size_t y = 0; y < rows.count; ++y) {
    const auto* low = pixels + rows.low[y] * step + 3 * first;
    const auto* high = pixels + rows.high[y] * step + 3 * first;
    mix_rows(low, high, rows.share[y], count, line);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      mix_columns(line + channel, columns, first, result + channel * plane + y * columns.count);
    }
  }
}

}  // namespace dbot::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::data {

HWY_EXPORT(resize_bilinear_rgb);

void resize_bilinear_rgb(const std::uint8_t* pixels, std::ptrdiff_t step, const BilinearTaps& rows,
                         const BilinearTaps& columns, std::int32_t first, std::int32_t last,
                         float* line, std::uint8_t* result, std::size_t plane) {
  HWY_DYNAMIC_DISPATCH(resize_bilinear_rgb)
  (pixels, step, rows, columns, first, last, line, result, plane);
}

}  // namespace dbot::data
#endif
