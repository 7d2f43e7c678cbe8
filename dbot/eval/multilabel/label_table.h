#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dbot::eval {

/// A value of each label of each sample, row by row: [samples, labels]. The values are somebody
/// else's and outlive their use.
template <typename Value>
struct LabelTable {
  std::span<const Value> values = {};
  std::size_t labels = 0;

  std::size_t samples() const { return labels == 0 ? 0 : values.size() / labels; }
  std::span<const Value> row(std::size_t sample) const {
    return values.subspan(sample * labels, labels);
  }
  const Value& at(std::size_t sample, std::size_t label) const {
    return values[sample * labels + label];
  }
};

/// 1 where a label holds, else 0: the truth, or what is predicted.
using LabelSets = LabelTable<std::uint8_t>;
/// Between 0 and 1, higher where a label is likelier to hold.
using LabelScores = LabelTable<double>;

}  // namespace dbot::eval
