#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/batch_part.h"

// Parts of batches that take the raw values of samples as they are: rows of features, tokens of a
// text, nodes of a graph. The part of the sample and the tensor have the same name.
namespace dbot::data {

struct ValuePartConfig {
  std::string name = {};
  c10::ScalarType type = c10::ScalarType::Float;
  std::vector<std::int64_t> shape = {};  // of a sample's values; where ragged, of one row of them
};

/// Values of the same shape in every sample: tensor [batch, shape…]. A sample whose values have
/// another type or shape counts as broken.
BatchPartFactory value_part(const ValuePartConfig& config);

/// Any number of rows a sample, one behind the other: tensor [rows of all samples, shape…], and in
/// Batch::offsets, under the same name, int64 [batch + 1], where each sample begins. `usual_rows`:
/// of a sample, for the loader's memory. A sample without rows is none the worse for it.
BatchPartFactory ragged_part(const ValuePartConfig& config, std::int64_t usual_rows = 1);

}  // namespace dbot::data
