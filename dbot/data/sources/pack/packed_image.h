#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/encoded_dataset.h"
#include "dbot/data/sources/pack/pack.h"

namespace dbot::data {

/// The bytes that a pack gets for an image: its own, or those of a smaller JPEG. Throws DataError.
std::vector<std::uint8_t> packed_image(const EncodedDataset& dataset, std::int64_t index,
                                       const PackConfig& config);

}  // namespace dbot::data
