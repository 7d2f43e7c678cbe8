#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/dataset.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::test {

/// Labelled images made from their index: the class sets the colour, the rest is noise.
class SyntheticDataset : public data::Dataset {
 public:
  SyntheticDataset(std::int64_t size, int side, int classes = 4)
      : size_(size), side_(side), classes_(static_cast<std::size_t>(classes)) {
    for (std::size_t index = 0; index < classes_.size(); ++index) {
      classes_[index] = "class" + std::to_string(index);
    }
  }

  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, data::Sample& sample) const override {
    sample.begin(name(index));
    core::Random random({7, core::Purpose::statistics, 0, 0, static_cast<std::uint64_t>(index)});
    const std::array<std::int64_t, 3> shape{side_, side_, 3};
    const auto base = 40 * (label(index) + 1);
    for (auto& value : sample.add(data::kImagePart).own_values(at::kByte, shape)) {
      value = static_cast<std::uint8_t>(base + static_cast<int>(random.below(40)));
    }
  }
  std::int64_t label(std::int64_t index) const override {
    return index % static_cast<std::int64_t>(classes_.size());
  }
  std::string name(std::int64_t index) const override {
    return "synthetic[" + std::to_string(index) + "]";
  }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::int64_t size_;
  int side_;
  std::vector<std::string> classes_;
};

}  // namespace dbot::test
