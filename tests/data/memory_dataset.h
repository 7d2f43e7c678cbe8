#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/data_error.h"
#include "dbot/data/dataset.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::test {

/// RGB noise of a side that depends on the index; the indices in `broken` are unreadable.
class MemoryDataset final : public data::Dataset {
 public:
  explicit MemoryDataset(std::int64_t size, std::set<std::int64_t> broken = {})
      : size_(size), broken_(std::move(broken)) {}

  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, data::Sample& sample) const override {
    sample.begin(name(index));
    if (broken_.contains(index)) throw data::data_error(name(index), Fault::corrupt, "is broken");
    core::Random random({.seed = 1, .sample = static_cast<std::uint64_t>(index)});
    const std::int64_t side = 8 + index % 5;
    const std::array<std::int64_t, 3> shape{side, side + 1, 3};
    for (auto& value : sample.add(data::kImagePart).own_values(at::kByte, shape)) {
      value = static_cast<std::uint8_t>(random.next());
    }
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
