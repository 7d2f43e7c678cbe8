#include "dbot/data/augment/augment.h"

#include "dbot/data/augment/blur.h"
#include "dbot/data/augment/enhance.h"
#include "dbot/data/augment/tones.h"

namespace dbot::data {
namespace {

constexpr int kSolariseThreshold = 128;

/// Streams of draws; the numbers are part of every draw.
enum class PixelChange : std::uint32_t {
  random_augment = 0,
  three_augment = 1,
  colour_jitter = 2,
  grey = 3,
  blur = 4,
  solarise = 5,
  erase = 6,
};
constexpr std::uint32_t kChangesPerView = 16;

core::Random draws_of(const PixelDraws& draws, PixelChange change) {
  return core::Random({.seed = draws.seed,
                       .purpose = core::Purpose::pixels,
                       .stage = draws.view * kChangesPerView + static_cast<std::uint32_t>(change),
                       .epoch = static_cast<std::uint32_t>(draws.epoch),
                       .sample = static_cast<std::uint64_t>(draws.sample)});
}

Fill mean_colour(const PlanarImage& image, const PixelRange& range) {
  Fill fill;
  for (int c = 0; c < image.channels; ++c) fill.push_back(to_pixel(range.mean_of(c)));
  return fill;
}

void augment_at_random(Frames frames, const PixelAugmentation& config, core::Random random) {
  const auto fill = mean_colour(frames.front(), config.range);
  for (std::int64_t i = 0; i < config.random_augment.operations; ++i) {
    const auto drawn = draw_augment(config.random_augment, random);
    if (!drawn) continue;
    for (const auto& frame : frames) apply_augment(frame, *drawn, fill);
  }
}

void blur_all(Frames frames, double sigma) {
  for (const auto& frame : frames) gaussian_blur(frame, sigma);
}

void grey_all(Frames frames) {
  for (const auto& frame : frames) to_grey(frame);
}

void solarise_all(Frames frames) {
  for (const auto& frame : frames) solarise(frame, kSolariseThreshold);
}

void augment_by_one_of_three(Frames frames, core::Random& random) {
  switch (random.below(3)) {
    case 0:
      return grey_all(frames);
    case 1:
      return solarise_all(frames);
    default:
      return blur_all(frames, random.uniform(0.1, 2.0));
  }
}

void jitter_all(Frames frames, const ColourJitterConfig& config, core::Random& random) {
  const ColourJitter drawn = draw_colour_jitter(config, random);
  for (const auto& frame : frames) apply_colour_jitter(frame, config, drawn);
}

}  // namespace

bool PixelAugmentation::any() const {
  return random_augment.operations > 0 || three_augment > 0 || colour_jitter.any() || grey > 0 ||
         blur > 0 || solarise > 0 || erase.probability > 0;
}

void augment_pixels(const PlanarImage& image, const PixelAugmentation& config,
                    const PixelDraws& draws) {
  augment_frames({&image, 1}, config, draws);
}

void augment_frames(Frames frames, const PixelAugmentation& config, const PixelDraws& draws) {
  if (frames.empty()) return;
  /// The draws of a change if chance wants it, behind the one that decided.
  const auto chance = [&](double probability, PixelChange change, const auto& apply) {
    if (probability <= 0) return;
    auto random = draws_of(draws, change);
    if (random.uniform() < probability) apply(random);
  };
  if (config.random_augment.operations > 0) {
    augment_at_random(frames, config, draws_of(draws, PixelChange::random_augment));
  }
  chance(config.three_augment, PixelChange::three_augment,
         [&](core::Random& random) { augment_by_one_of_three(frames, random); });
  const auto& jitter = config.colour_jitter;
  chance(jitter.any() ? jitter.probability : 0, PixelChange::colour_jitter,
         [&](core::Random& random) { jitter_all(frames, jitter, random); });
  chance(config.grey, PixelChange::grey, [&](core::Random&) { grey_all(frames); });
  chance(config.blur, PixelChange::blur, [&](core::Random& random) {
    blur_all(frames, random.uniform(config.blur_sigma.at(0), config.blur_sigma.at(1)));
  });
  chance(config.solarise, PixelChange::solarise, [&](core::Random&) { solarise_all(frames); });
  if (config.erase.probability > 0) {
    auto random = draws_of(draws, PixelChange::erase);
    random_erase(frames, config.erase, config.range, random);
  }
}

}  // namespace dbot::data
