#pragma once

#include <cstdint>
#include <string>

#include "dbot/data/batch_part.h"

// Rows of numbers with a set of labels each, in samples and batches.
namespace dbot::data {

/// Parts of a sample and of a batch: places (int64, rising) and values (float32) of what is not 0
/// in a row, as many as there are; and the truth, float32 [labels], 1 where a label holds.
inline constexpr const char* kRowPlaces = "row.places";
inline constexpr const char* kRowValues = "row.values";
inline constexpr const char* kLabelSet = "label_set";
/// Before the names of those of a sample that is not learned from, beside one that is.
inline constexpr const char* kHeldOutPrefix = "held_out.";

/// Whole rows of a batch, `name`: float32 [batch, width]. A place beyond the width, or other values
/// than places, makes a sample a broken one.
BatchPartFactory row_part(std::string name, std::int64_t width);

}  // namespace dbot::data
