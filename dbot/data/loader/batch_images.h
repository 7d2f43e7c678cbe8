#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/loader.h"

namespace dbot::data {

/// Memory for the images of one batch, the main one of each sample and its further views, which any
/// threads fill slot by slot. What comes into a slot depends on seed, epoch and sample alone.
class BatchImages {
 public:
  /// The configuration must outlive this object.
  BatchImages(const LoaderConfig& config, std::int64_t slots, std::int64_t epoch);

  /// Decodes all crops of a sample (Batch::sample_ids) into a slot. Throws DataError if that cannot
  /// be done.
  void fill(const Dataset& dataset, std::int64_t slot, std::int64_t sample);
  /// Copies a slot over another.
  void copy(std::int64_t from, std::int64_t to);
  /// Puts the tensors of the first `slots` slots into a batch. Once.
  void give(Batch& batch, std::int64_t slots);

 private:
  struct View {
    std::string name;
    core::Size size;
    std::int64_t count;
    const AugmentationConfig* augmentation;
    std::uint32_t first;  // number of its first crop among all of a sample
    at::Tensor images;    // [slots, count, channels, height, width], of the main view no count

    std::size_t slot_bytes() const;
    std::uint8_t* slot(std::int64_t index) const;
  };
  void add_view(std::string name, core::Size size, std::int64_t count,
                const AugmentationConfig& augmentation);
  CropChoice choose(const View& view, std::uint32_t number, std::int64_t sample, int height,
                    int width) const;

  const LoaderConfig& config_;
  const std::int64_t slots_, epoch_;
  std::vector<View> views_;
};

}  // namespace dbot::data
