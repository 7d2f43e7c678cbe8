#include "dbot/data/augment/tones.h"

#include <algorithm>
#include <cstdint>

namespace dbot::data {
namespace {

using Histogram = std::array<std::int64_t, 256>;

void look_up(const ToneTable& table, std::span<std::uint8_t> pixels) {
  for (auto& pixel : pixels) pixel = table[pixel];
}

/// A table whose value for each tone is `value(tone)`.
template <typename Value>
ToneTable table_of(const Value& value) {
  ToneTable table;
  for (int tone = 0; tone < 256; ++tone) {
    table[static_cast<std::size_t>(tone)] = static_cast<std::uint8_t>(value(tone));
  }
  return table;
}

Histogram histogram_of(std::span<const std::uint8_t> pixels) {
  // Four counters each, since equal neighbours would wait for each other.
  std::array<std::array<std::uint32_t, 256>, 4> parts{};
  std::size_t i = 0;
  for (; i + 4 <= pixels.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) ++parts[k][pixels[i + k]];
  }
  for (; i < pixels.size(); ++i) ++parts[0][pixels[i]];
  Histogram histogram{};
  for (const auto& part : parts) {
    for (std::size_t tone = 0; tone < 256; ++tone) histogram[tone] += part[tone];
  }
  return histogram;
}

ToneTable stretched(const Histogram& histogram) {
  int low = 0, high = 255;
  while (low < 255 && histogram[static_cast<std::size_t>(low)] == 0) ++low;
  while (high > 0 && histogram[static_cast<std::size_t>(high)] == 0) --high;
  if (high <= low) return table_of([](int tone) { return tone; });
  const double scale = 255.0 / (high - low), offset = -low * scale;
  return table_of(
      [&](int tone) { return std::clamp(static_cast<int>(tone * scale + offset), 0, 255); });
}

ToneTable equalised(const Histogram& histogram) {
  std::int64_t pixels = 0, brightest = 0, tones = 0;
  for (const auto count : histogram) {
    pixels += count;
    if (count == 0) continue;
    brightest = count;
    ++tones;
  }
  const std::int64_t step = (pixels - brightest) / 255;
  if (tones <= 1 || step == 0) return table_of([](int tone) { return tone; });
  std::int64_t below = step / 2;
  return table_of([&](int tone) {
    const std::int64_t value = below / step;
    below += histogram[static_cast<std::size_t>(tone)];
    return std::min<std::int64_t>(value, 255);
  });
}

}  // namespace

void invert(const PlanarImage& image) {
  for (auto& pixel : image.all()) pixel = static_cast<std::uint8_t>(255 - pixel);
}

void solarise(const PlanarImage& image, int threshold) {
  for (auto& pixel : image.all()) {
    pixel = static_cast<std::uint8_t>(pixel < threshold ? pixel : 255 - pixel);
  }
}

void solarise_add(const PlanarImage& image, int increase) {
  for (auto& pixel : image.all()) {
    pixel = static_cast<std::uint8_t>(pixel < 128 ? std::min(255, pixel + increase) : pixel);
  }
}

void posterise(const PlanarImage& image, int bits) {
  const auto kept = static_cast<std::uint8_t>(0xFF00 >> std::clamp(bits, 0, 8));
  for (auto& pixel : image.all()) pixel &= kept;
}

void auto_contrast(const PlanarImage& image) {
  for (int c = 0; c < image.channels; ++c) {
    const std::span<std::uint8_t> plane(image.plane(c), image.plane_bytes());
    look_up(stretched(histogram_of(plane)), plane);
  }
}

void equalise(const PlanarImage& image) {
  for (int c = 0; c < image.channels; ++c) {
    const std::span<std::uint8_t> plane(image.plane(c), image.plane_bytes());
    look_up(equalised(histogram_of(plane)), plane);
  }
}

}  // namespace dbot::data
