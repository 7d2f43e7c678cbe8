#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/dataset.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/data/text/text_names.h"
#include "dbot/methods/surroundings.h"
#include "tests/methods/small_system.h"

namespace dbot::test {

/// Tokens of the texts, captions and others.
inline constexpr std::int64_t kTextLength = 8, kTextWords = 12;
/// Numbers of the row beside each image, which are mostly 0.
inline constexpr std::int64_t kRowWidth = 8;
/// Frames of the clip beside each image.
inline constexpr std::int64_t kClipFrames = 4;

/// RGB noise of two classes, the brighter one with more numbers beside each image, each with a
/// caption, a text, a row and a clip beside it. `sign`: of the numbers.
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
      value = static_cast<std::uint8_t>(random.below(128) +
                                        100 * static_cast<std::uint64_t>(label(index)));
    }
    const std::array<std::int64_t, 2> rows{1 + index % 3 + label(index), 1};
    const auto bytes = sample.add(kNumbers).own_values(at::kFloat, rows);
    for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
      const auto number = static_cast<float>(sign_ * random.uniform(0, 1));
      std::memcpy(bytes.data() + i * sizeof(float), &number, sizeof(float));
    }
    add_text(sample, "", index % (kTextLength + 1), random);  // some captions are missing
    add_text(sample, data::kUnpaired, kTextLength - index % 4, random);
    const std::array<std::int64_t, 4> clip{3, kClipFrames, 8, 8};
    for (const std::string prefix : {"", data::kHeldOutPrefix})
      add_row(sample, prefix, index, random);
    for (auto& value : sample.add(nn::kClips).own_values(at::kByte, clip)) {
      value = static_cast<std::uint8_t>(random.below(256));
    }
  }
  /// A row behind `prefix` with a number of the class and one of noise, and both labels or one.
  void add_row(data::Sample& sample, const std::string& prefix, std::int64_t index,
               core::Random& random) const {
    const std::array<std::int64_t, 1> two{2};
    const std::array<std::int64_t, 2> places{label(index), 2 + index % (kRowWidth - 2)};
    const std::array<float, 2> values{1, static_cast<float>(random.uniform(0, 0.2))};
    const std::array<float, 2> truth{1, static_cast<float>(label(index))};
    const auto put = [&](const char* part, c10::ScalarType type, const auto& numbers) {
      const auto bytes = sample.add(prefix + part).own_values(type, two);
      std::memcpy(bytes.data(), numbers.data(), bytes.size());
    };
    put(data::kRowPlaces, at::kLong, places);
    put(data::kRowValues, at::kFloat, values);
    put(data::kLabelSet, at::kFloat, truth);
  }
  /// A text behind `prefix` of so many words, padded behind them.
  static void add_text(data::Sample& sample, const std::string& prefix, std::int64_t words,
                       core::Random& random) {
    const std::array<std::int64_t, 1> shape{kTextLength};
    const auto ids = sample.add(prefix + data::kTextIds).own_values(at::kLong, shape);
    for (std::int64_t i = 0; i < kTextLength; ++i) {
      const std::int64_t id =
          i < words ? 1 + static_cast<std::int64_t>(random.below(kTextWords - 1)) : 0;
      std::memcpy(ids.data() + static_cast<std::size_t>(i) * sizeof id, &id, sizeof id);
    }
    const auto padding = sample.add(prefix + data::kTextPadding).own_values(at::kFloat, shape);
    for (std::int64_t i = 0; i < kTextLength; ++i) {
      const float padded = i < words ? 0 : 1;
      std::memcpy(padding.data() + static_cast<std::size_t>(i) * sizeof padded, &padded,
                  sizeof padded);
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
