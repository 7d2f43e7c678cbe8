#include "dbot/data/kernels/colour_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/data/kernels/colour_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dbot::data::HWY_NAMESPACE {

HWY_INLINE std::uint8_t clamped(float value) {
  value = value > 0.0F ? value : 0.0F;
  value = value < 255.0F ? value : 255.0F;
  return static_cast<std::uint8_t>(static_cast<int>(value));
}

void blend_from_value(int base, float factor, std::size_t count, std::uint8_t* pixels) {
  const auto start = static_cast<float>(base);
  for (std::size_t i = 0; i < count; ++i) {
    pixels[i] = clamped(start + factor * static_cast<float>(pixels[i] - base));
  }
}

void blend_from(const std::uint8_t* HWY_RESTRICT base, float factor, std::size_t count,
                std::uint8_t* HWY_RESTRICT pixels) {
  for (std::size_t i = 0; i < count; ++i) {
    const int start = base[i];
    pixels[i] = clamped(static_cast<float>(start) + factor * static_cast<float>(pixels[i] - start));
  }
}

void luma_of_planes(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                    std::size_t count, std::uint8_t* HWY_RESTRICT luma) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t sum = red[i] * 19595U + green[i] * 38470U + blue[i] * 7471U + 0x8000U;
    luma[i] = static_cast<std::uint8_t>(sum >> 16);
  }
}

std::uint64_t sum_of_pixels(const std::uint8_t* pixels, std::size_t count) {
  constexpr std::size_t kPart = std::size_t{1} << 20;  // whose sum fits 32 bits
  std::uint64_t total = 0;
  for (std::size_t begin = 0; begin < count; begin += kPart) {
    std::uint32_t sum = 0;
    const std::size_t end = std::min(count, begin + kPart);
    for (std::size_t i = begin; i < end; ++i) sum += pixels[i];
    total += sum;
  }
  return total;
}

/// Rounds a number that is not negative; halves upwards.
HWY_INLINE int rounded(double value) {
  return static_cast<int>(value + 0.5);
}

HWY_INLINE int larger(int a, int b) {
  return a > b ? a : b;
}

HWY_INLINE int smaller(int a, int b) {
  return a < b ? a : b;
}

// Single and double precision alternate as they do in Pillow: its bytes depend on it. Cases are
// selected by masks and factors of 0 and 1, since branches would keep the loop from being
// vectorised.
void turn_hue(std::uint8_t shift, std::size_t count, std::uint8_t* HWY_RESTRICT red,
              std::uint8_t* HWY_RESTRICT green, std::uint8_t* HWY_RESTRICT blue) {
  for (std::size_t i = 0; i < count; ++i) {
    const int r = red[i], g = green[i], b = blue[i];
    const int most = larger(r, larger(g, b)), least = smaller(r, smaller(g, b));
    const auto range = static_cast<float>(larger(most - least, 1));  // grey has no hue
    const float from_red = static_cast<float>(most - r) / range;
    const float from_green = static_cast<float>(most - g) / range;
    const float from_blue = static_cast<float>(most - b) / range;
    const float near_red = from_blue - from_green;
    const auto near_green = static_cast<float>(2.0 + from_red - from_blue);
    const auto near_blue = static_cast<float>(4.0 + from_green - from_red);
    const int is_red = r == most, is_green = (1 - is_red) & (g == most);
    const float sixths = near_red * static_cast<float>(is_red) +
                         near_green * static_cast<float>(is_green) +
                         near_blue * static_cast<float>(1 - is_red - is_green);
    const double turns = sixths / 6.0 + 1.0;  // 5/6 to less than 2
    const auto hue = static_cast<float>(turns - static_cast<int>(turns));
    const float ratio = static_cast<float>(most - least) / static_cast<float>(larger(most, 1));
    const int stored_hue = (static_cast<int>(hue * 255.0) + shift) & 255;
    const int stored_saturation = static_cast<int>(ratio * 255.0);

    const double position = stored_hue * 6.0 / 255.0;
    const int sector = static_cast<int>(position);  // 0 to 6, which is 0 again
    const auto rest = static_cast<float>(position - sector);
    const auto saturation = static_cast<float>(stored_saturation / 255.0);
    const double value = most;
    const float fallen = saturation * rest;
    const int low = rounded(value * (1.0 - saturation));
    const int falling = rounded(value * (1.0 - fallen));
    const int rising = rounded(value * (1.0 - saturation * (1.0 - rest)));
    const int in1 = -(sector == 1), in2 = -(sector == 2), in3 = -(sector == 3);
    const int in4 = -(sector == 4), in5 = -(sector == 5), in0 = ~(in1 | in2 | in3 | in4 | in5);
    const int new_red =
        (most & (in0 | in5)) | (falling & in1) | (low & (in2 | in3)) | (rising & in4);
    const int new_green =
        (most & (in1 | in2)) | (falling & in3) | (low & (in4 | in5)) | (rising & in0);
    const int new_blue =
        (most & (in3 | in4)) | (falling & in5) | (low & (in0 | in1)) | (rising & in2);
    red[i] = static_cast<std::uint8_t>(new_red);
    green[i] = static_cast<std::uint8_t>(new_green);
    blue[i] = static_cast<std::uint8_t>(new_blue);
  }
}

// Whole numbers: the sum is never half way between two multiples of 13.
void smooth_line(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below,
                 std::size_t width, std::uint8_t* HWY_RESTRICT result) {
  for (std::size_t x = 1; x + 1 < width; ++x) {
    const unsigned sum = above[x - 1] + above[x] + above[x + 1] + here[x - 1] + 5U * here[x] +
                         here[x + 1] + below[x - 1] + below[x] + below[x + 1];
    result[x] = static_cast<std::uint8_t>((2 * sum + 13) / 26);
  }
}

}  // namespace dbot::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::data {

HWY_EXPORT(blend_from_value);
HWY_EXPORT(blend_from);
HWY_EXPORT(luma_of_planes);
HWY_EXPORT(sum_of_pixels);
HWY_EXPORT(turn_hue);
HWY_EXPORT(smooth_line);

void blend_from_value(int base, float factor, std::size_t count, std::uint8_t* pixels) {
  HWY_DYNAMIC_DISPATCH(blend_from_value)(base, factor, count, pixels);
}

void blend_from(const std::uint8_t* base, float factor, std::size_t count, std::uint8_t* pixels) {
  HWY_DYNAMIC_DISPATCH(blend_from)(base, factor, count, pixels);
}

void luma_of_planes(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                    std::size_t count, std::uint8_t* luma) {
  HWY_DYNAMIC_DISPATCH(luma_of_planes)(red, green, blue, count, luma);
}

std::uint64_t sum_of_pixels(const std::uint8_t* pixels, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(sum_of_pixels)(pixels, count);
}

void turn_hue(std::uint8_t shift, std::size_t count, std::uint8_t* red, std::uint8_t* green,
              std::uint8_t* blue) {
  HWY_DYNAMIC_DISPATCH(turn_hue)(shift, count, red, green, blue);
}

void smooth_line(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below,
                 std::size_t width, std::uint8_t* result) {
  HWY_DYNAMIC_DISPATCH(smooth_line)(above, here, below, width, result);
}

}  // namespace dbot::data
#endif
