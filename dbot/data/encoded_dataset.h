#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// Images as encoded files (codec.h), wherever their bytes lie: a folder, an archive, a table. A
/// source says how to get at the bytes; decoding is done here, alike for all.
class EncodedDataset : public Dataset {
 public:
  /// Puts the encoded image into `bytes`, whose memory is used again. Throws DataError naming the
  /// image if it is missing or empty.
  virtual void read(std::int64_t index, std::vector<std::uint8_t>& bytes) const = 0;

  Image load(std::int64_t index, int channels) const final;
  void load_crop(std::int64_t index, int channels, const ChooseCrop& choose, core::Size size,
                 std::span<std::uint8_t> planar) const final;
  void load_crops(std::int64_t index, int channels,
                  std::span<const CropRequest> requests) const final;
};

}  // namespace dbot::data
