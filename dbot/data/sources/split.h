#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// Indices of the two parts, ascending.
struct SplitIndices {
  std::vector<std::int64_t> train, test;
};

/// A stratified split: of each class a fifth (rounded, at least one image where the class has two)
/// goes to the test part, chosen by a draw keyed on the seed and `key(index)`, the sample's own
/// name: files added or removed hardly move the others, and the data set's place does not matter.
SplitIndices stratified_split(const Dataset& dataset, std::uint64_t seed,
                              const std::function<std::string(std::int64_t)>& key);

}  // namespace dbot::data
