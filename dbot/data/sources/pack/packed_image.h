#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/sample.h"
#include "dbot/data/sources/pack/pack.h"

namespace dbot::data {

/// The bytes that a pack gets for the image of a sample, which is encoded: its own, taken out of
/// the sample, or those of a smaller JPEG. Throws DataError.
std::vector<std::uint8_t> packed_image(Sample& sample, const PackConfig& config);

}  // namespace dbot::data
