#include "dbot/data/loader/batch_images.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <utility>

#include "dbot/core/random.h"
#include "dbot/data/augment/augment.h"
#include "dbot/data/augment/crop_rules.h"

namespace dbot::data {

std::size_t BatchImages::View::slot_bytes() const {
  return static_cast<std::size_t>(images.stride(0));
}

std::uint8_t* BatchImages::View::slot(std::int64_t index) const {
  return images.data_ptr<std::uint8_t>() + static_cast<std::size_t>(index) * slot_bytes();
}

BatchImages::BatchImages(const LoaderConfig& config, std::int64_t slots, std::int64_t epoch)
    : config_(config), slots_(slots), epoch_(epoch) {
  add_view("images", config.image_size, 1, config.augmentation);
  views_[0].images = views_[0].images.squeeze(1);
  if (!config.training) return;
  for (const auto& view : config.views) {
    add_view(view.name, view.image_size, view.count, view.augmentation);
  }
}

void BatchImages::add_view(std::string name, core::Size size, std::int64_t count,
                           const AugmentationConfig& augmentation) {
  const auto first =
      views_.empty() ? 0U : views_.back().first + static_cast<std::uint32_t>(views_.back().count);
  views_.push_back({std::move(name), size, count, &augmentation, first,
                    at::empty({slots_, count, config_.channels, size.height, size.width},
                              at::TensorOptions().dtype(at::kByte))});
}

CropChoice BatchImages::choose(const View& view, std::uint32_t number, std::int64_t sample,
                               int height, int width) const {
  if (!config_.training) return {centre_crop(height, width, view.size)};
  core::Random random({.seed = config_.seed,
                       .purpose = core::Purpose::augmentation,
                       .stage = number,
                       .epoch = static_cast<std::uint32_t>(epoch_),
                       .sample = static_cast<std::uint64_t>(sample)});
  const auto crop = random_resized_crop(height, width, *view.augmentation, random);
  return {crop, random.uniform() < view.augmentation->flip};
}

void BatchImages::fill(const Dataset& dataset, std::int64_t slot, std::int64_t sample) {
  std::vector<CropRequest> requests;
  for (const auto& view : views_) {
    const auto bytes = view.slot_bytes() / static_cast<std::size_t>(view.count);
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(view.count); ++i) {
      requests.push_back({[this, &view, i, sample](int height, int width) {
                            return choose(view, view.first + i, sample, height, width);
                          },
                          view.size,
                          {view.slot(slot) + i * bytes, bytes}});
    }
  }
  dataset.load_crops(sample % dataset.size(), config_.channels, requests);
  if (!config_.training) return;
  std::uint32_t number = 0;
  for (const auto& view : views_) {
    for (std::int64_t i = 0; i < view.count; ++i, ++number) {
      const PlanarImage image{requests[number].planar.data(), config_.channels,
                              static_cast<int>(view.size.height),
                              static_cast<int>(view.size.width)};
      augment_pixels(image, view.augmentation->pixels, {config_.seed, epoch_, sample, number});
    }
  }
}

void BatchImages::copy(std::int64_t from, std::int64_t to) {
  for (const auto& view : views_) std::memcpy(view.slot(to), view.slot(from), view.slot_bytes());
}

void BatchImages::give(Batch& batch, std::int64_t slots) {
  for (auto& view : views_) batch.tensors[view.name] = view.images.narrow(0, 0, slots);
  views_.clear();
}

}  // namespace dbot::data
