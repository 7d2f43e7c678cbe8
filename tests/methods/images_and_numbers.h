#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/dataset.h"
#include "dbot/data/image/sample_image.h"
#include "tests/methods/small_system.h"

namespace dbot::test {

/// RGB noise of two classes, the brighter one with more numbers beside each image. `sign`: of the
/// numbers.
class ImagesAndNumbers final : public data::Dataset {
 public:
  explicit ImagesAndNumbers(std::int64_t size, std::uint64_t seed = 3, double sign = 1)
      : size_(size), seed_(seed), sign_(sign) {}

  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, data::Sample& sample) const override {
    core::Random random({.seed = seed_, .sample = static_cast<std::uint64_t>(index)});
    sample.begin(name(index));
    const std::array<std::int64_t, 3> shape{8, 8, 3};
    for (auto& value : sample.add(data::kImagePart).own_values(at::kByte, shape)) {
      value =
          static_cast<std::uint8_t>(random.below(128) + 100 * static_cast<unsigned>(label(index)));
    }
    const std::array<std::int64_t, 2> rows{1 + index % 3 + label(index), 1};
    const auto bytes = sample.add(kNumbers).own_values(at::kFloat, rows);
    for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
      const auto number = static_cast<float>(sign_ * random.uniform(0, 1));
      std::memcpy(bytes.data() + i * sizeof(float), &number, sizeof(float));
    }
  }
  std::int64_t label(std::int64_t index) const override { return index % 2; }
  std::string name(std::int64_t index) const override { return "sample " + std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::int64_t size_;
  std::uint64_t seed_;
  double sign_;
  std::vector<std::string> classes_{"dark", "bright"};
};

}  // namespace dbot::test
