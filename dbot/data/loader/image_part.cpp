#include "dbot/data/loader/image_part.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/augment/augment.h"
#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::data {
namespace {

struct Settings {
  ImagePartConfig config;
  MakeCrops make_crops;
};

/// The main image of each sample and its further views.
class ImagePart final : public BatchPart {
 public:
  ImagePart(std::shared_ptr<const Settings> settings, std::int64_t slots);

  void fill(std::int64_t slot, const Sample& sample, const SampleDraws& draws) override;
  void copy(std::int64_t from, std::int64_t to) override;
  void give(Batch& batch, std::int64_t slots) override;

 private:
  struct View {
    std::string name;
    core::Size size;
    std::int64_t count;
    const AugmentationConfig* augmentation;
    std::uint32_t first;  // number of its first crop among all of a sample
    at::Tensor images;    // [slots, count, channels, height, width], of the main view no count

    std::size_t slot_bytes() const { return static_cast<std::size_t>(images.stride(0)); }
    std::uint8_t* slot(std::int64_t index) const {
      return images.data_ptr<std::uint8_t>() + static_cast<std::size_t>(index) * slot_bytes();
    }
  };
  void add_view(std::string name, core::Size size, std::int64_t count,
                const AugmentationConfig& augmentation);
  CropChoice choose(const View& view, std::uint32_t number, const SampleDraws& draws, int height,
                    int width) const;

  std::shared_ptr<const Settings> settings_;
  const ImagePartConfig& config_;
  const std::int64_t slots_;
  std::vector<View> views_;
};

ImagePart::ImagePart(std::shared_ptr<const Settings> settings, std::int64_t slots)
    : settings_(std::move(settings)), config_(settings_->config), slots_(slots) {
  add_view("images", config_.image_size, 1, config_.augmentation);
  views_[0].images = views_[0].images.squeeze(1);
  if (!config_.augmented) return;
  for (const auto& view : config_.views) {
    add_view(view.name, view.image_size, view.count, view.augmentation);
  }
}

void ImagePart::add_view(std::string name, core::Size size, std::int64_t count,
                         const AugmentationConfig& augmentation) {
  const auto first =
      views_.empty() ? 0U : views_.back().first + static_cast<std::uint32_t>(views_.back().count);
  views_.push_back({std::move(name), size, count, &augmentation, first,
                    at::empty({slots_, count, config_.channels, size.height, size.width},
                              at::TensorOptions().dtype(at::kByte))});
}

CropChoice ImagePart::choose(const View& view, std::uint32_t number, const SampleDraws& draws,
                             int height, int width) const {
  if (!config_.augmented) return {centre_crop(height, width, view.size)};
  core::Random random({.seed = draws.seed,
                       .purpose = core::Purpose::augmentation,
                       .stage = number,
                       .epoch = static_cast<std::uint32_t>(draws.epoch),
                       .sample = static_cast<std::uint64_t>(draws.sample)});
  const auto crop = random_crop(height, width, *view.augmentation, random);
  return {crop, random.uniform() < view.augmentation->flip};
}

void ImagePart::fill(std::int64_t slot, const Sample& sample, const SampleDraws& draws) {
  thread_local std::vector<CropRequest> requests;  // its memory serves the next sample
  requests.clear();
  for (const auto& view : views_) {
    const auto bytes = view.slot_bytes() / static_cast<std::size_t>(view.count);
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(view.count); ++i) {
      requests.push_back({[this, &view, i, &draws](int height, int width) {
                            return choose(view, view.first + i, draws, height, width);
                          },
                          view.size,
                          {view.slot(slot) + i * bytes, bytes}});
    }
  }
  settings_->make_crops(sample, {config_.channels, config_.values}, requests);
  if (!config_.augmented) return;
  std::uint32_t number = 0;
  for (const auto& view : views_) {
    for (std::int64_t i = 0; i < view.count; ++i, ++number) {
      const PlanarImage image{requests[number].planar.data(), config_.channels,
                              static_cast<int>(view.size.height),
                              static_cast<int>(view.size.width)};
      augment_pixels(image, view.augmentation->pixels,
                     {draws.seed, draws.epoch, draws.sample, number});
    }
  }
}

void ImagePart::copy(std::int64_t from, std::int64_t to) {
  for (const auto& view : views_) std::memcpy(view.slot(to), view.slot(from), view.slot_bytes());
}

void ImagePart::give(Batch& batch, std::int64_t slots) {
  for (auto& view : views_) batch.tensors[view.name] = view.images.narrow(0, 0, slots);
  views_.clear();
}

void check(const ImagePartConfig& config) {
  if (config.channels < 1 || config.channels > kMostChannels) {
    throw UsageError(fmt::format("[loader] model.channels is {}, expected 1 to {}", config.channels,
                                 kMostChannels));
  }
  if (config.image_size.height <= 0 || config.image_size.width <= 0) {
    throw UsageError(fmt::format("[loader] model.image_size is {}x{}, expected positive numbers",
                                 config.image_size.height, config.image_size.width));
  }
  if (!config.augmented) return;
  check_augmentation(config.augmentation, "data");
  check_colours(config.augmentation.pixels, config.channels, "data");
  check_views(config.views, config.channels);
}

}  // namespace

BatchPartFactory image_part(ImagePartConfig config, MakeCrops make_crops) {
  check(config);
  std::int64_t pixels = config.image_size.height * config.image_size.width;
  for (const auto& view : config.views) {
    pixels += view.count * view.image_size.height * view.image_size.width;
  }
  const std::int64_t slot_bytes = config.channels * pixels;
  const auto settings = std::make_shared<const Settings>(std::move(config), std::move(make_crops));
  return {[settings](std::int64_t slots) { return std::make_unique<ImagePart>(settings, slots); },
          slot_bytes};
}

BatchPartFactory image_part(ImagePartConfig config) {
  return image_part(std::move(config), crops_of);
}

}  // namespace dbot::data
