#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/dataset.h"

namespace dbot::test {

/// Noise of a side that depends on the index; the indices in `broken` are unreadable.
class MemoryDataset final : public data::Dataset {
 public:
  explicit MemoryDataset(std::int64_t size, std::set<std::int64_t> broken = {})
      : size_(size), broken_(std::move(broken)) {}

  std::int64_t size() const override { return size_; }
  data::Image load(std::int64_t index, int channels) const override {
    if (broken_.contains(index)) throw DataError("[data] " + name(index) + ": is broken");
    core::Random random({.seed = 1, .sample = static_cast<std::uint64_t>(index)});
    const int side = 8 + static_cast<int>(index % 5);
    data::Image image{side, side + 1, channels, {}};
    for (int i = 0; i < side * (side + 1) * channels; ++i) {
      image.pixels.push_back(static_cast<std::uint8_t>(random.next()));
    }
    return image;
  }
  std::int64_t label(std::int64_t index) const override { return index % 3; }
  std::string name(std::int64_t index) const override { return "s" + std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::int64_t size_;
  std::set<std::int64_t> broken_;
  std::vector<std::string> classes_{"a", "b", "c"};
};

}  // namespace dbot::test
