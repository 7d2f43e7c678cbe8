#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "dbot/data/audit/survey/image_facts.h"
#include "dbot/data/dataset.h"
#include "dbot/data/image/part_decoder.h"

namespace dbot::data {

/// Memory that several threads share: who wants more than is left waits for the others. Somebody
/// who is alone always gets what it wants.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : bytes_(bytes) {}
  void take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes);

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  std::uint64_t bytes_, taken_ = 0;
};

/// Looks at images, one after the other, each read and decoded once and to its end: damage anywhere
/// in it is met. Not for several threads at once.
class Examiner {
 public:
  /// `channels`: as in a recipe's model.channels. Without `pixels` only headers are read.
  Examiner(int channels, bool pixels, MemoryBudget& budget)
      : channels_(channels), pixels_(pixels), budget_(budget) {}

  /// What is wrong with the image is in the facts, not thrown.
  ImageFacts examine(const Dataset& images, std::int64_t index);

 private:
  void examine_encoded(std::span<const std::uint8_t> bytes, ImageFacts& facts);
  void decode(std::span<const std::uint8_t> bytes, ImageFacts& facts);
  void examine_raw(ImageFacts& facts);
  void look_at_pixels(ImageFacts& facts);

  int channels_;
  bool pixels_;
  MemoryBudget& budget_;
  Sample sample_;
  std::vector<std::uint8_t> planar_;
  PartDecoder decoder_;
  Resizer resizer_;
};

}  // namespace dbot::data
