#include "dbot/data/augment/erase.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "dbot/data/image/crop.h"

namespace dbot::data {
namespace {

constexpr int kEraseAttempts = 10;

int nearest(double value) {
  return static_cast<int>(std::nearbyint(value));
}

std::optional<Crop> draw_rectangle(const PlanarImage& image, const EraseConfig& config,
                                   std::int64_t count, core::Random& random) {
  const double area = static_cast<double>(image.height) * image.width;
  for (int attempt = 0; attempt < kEraseAttempts; ++attempt) {
    const double target =
        random.uniform(config.area.at(0), config.area.at(1)) * area / static_cast<double>(count);
    const double ratio =
        std::exp(random.uniform(std::log(config.ratio.at(0)), std::log(config.ratio.at(1))));
    Crop part;
    part.height = nearest(std::sqrt(target * ratio));
    part.width = nearest(std::sqrt(target / ratio));
    if (part.height >= image.height || part.width >= image.width) continue;
    const auto below = [&](int most) {
      return static_cast<int>(random.below(static_cast<std::uint64_t>(most) + 1));
    };
    part.top = below(image.height - part.height);
    part.left = below(image.width - part.width);
    return part;
  }
  return std::nullopt;
}

/// Normal pixels, each from 16 bits of a draw: value i of the table is at the (i + ½) / 2^16
/// quantile.
class NormalPixels {
 public:
  NormalPixels(double mean, double std) : table_(1 << 16) {
    std::size_t begin = 0;
    for (int pixel = 0; pixel < 256; ++pixel) {
      const double border = (pixel + 0.5) / 255;  // to the next pixel
      const double below = 0.5 * std::erfc((mean - border) / (std * std::sqrt(2.0)));
      const auto end =
          pixel == 255 ? table_.size() : static_cast<std::size_t>(std::lround(below * 65536));
      for (; begin < end; ++begin) table_[begin] = static_cast<std::uint8_t>(pixel);
    }
  }
  std::uint8_t operator[](std::uint32_t draw) const { return table_[draw & 0xFFFF]; }

 private:
  std::vector<std::uint8_t> table_;
};

void fill_with_noise(const PlanarImage& image, int channel, const Crop& part,
                     const NormalPixels& normal, core::Random& random) {
  for (int y = 0; y < part.height; ++y) {
    auto* row = image.plane(channel) + static_cast<std::size_t>(part.top + y) * image.width;
    for (int x = 0; x < part.width; x += 2) {
      const std::uint32_t draw = random.next();
      row[part.left + x] = normal[draw];
      if (x + 1 < part.width) row[part.left + x + 1] = normal[draw >> 16];
    }
  }
}

void fill_part(Frames frames, int channel, const Crop& part, double value) {
  const std::uint8_t pixel = to_pixel(value);
  for (const auto& image : frames) {
    for (int y = 0; y < part.height; ++y) {
      auto* row = image.plane(channel) + static_cast<std::size_t>(part.top + y) * image.width;
      std::fill_n(row + part.left, part.width, pixel);
    }
  }
}

void erase_part(Frames frames, const Crop& part, EraseFill fill, const PixelRange& range,
                core::Random& random) {
  for (int c = 0; c < frames.front().channels; ++c) {
    const double mean = range.mean_of(c), std = range.std_of(c);
    switch (fill) {
      case EraseFill::mean:
        fill_part(frames, c, part, mean);
        break;
      case EraseFill::colour:
        fill_part(frames, c, part, mean + std * random.normal());
        break;
      case EraseFill::pixels: {
        const NormalPixels normal(mean, std);
        for (const auto& image : frames) fill_with_noise(image, c, part, normal, random);
        break;
      }
    }
  }
}

}  // namespace

std::uint8_t to_pixel(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::nearbyint(255 * value), 0.0, 255.0));
}

void random_erase(Frames frames, const EraseConfig& config, const PixelRange& range,
                  core::Random& random) {
  if (random.uniform() >= config.probability) return;
  const auto count =
      config.most <= 1
          ? std::int64_t{1}
          : 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(config.most)));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto part = draw_rectangle(frames.front(), config, count, random);
    if (part) erase_part(frames, *part, config.fill, range, random);
  }
}

}  // namespace dbot::data
