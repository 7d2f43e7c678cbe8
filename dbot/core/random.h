#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dbot::core {

/// What a draw is for. Each purpose is a stream of its own; new purposes are added at the end,
/// since the numbers are part of every draw.
enum class Purpose : std::uint32_t {
  initialisation = 1,
  sample_order = 2,
  augmentation = 3,
  mask = 4,
  drop_path = 5,
  replacement = 6,    // which sample stands in for a broken one
  split = 7,          // automatic train/test split
  probe = 8,          // the linear probe's start and order
  statistics = 9,     // which images the mean and deviation are measured on
  pictures = 10,      // which images are shown
  pixels = 20,        // colours, blur, erasing: what happens to the pixels of a crop
  mixing = 21,        // which images of a batch are mixed, and how
  partner = 22,       // which other sample comes beside a sample, and how it is cut
  batch = 23,         // what all samples of a micro-batch share; `sample` is its number in the run
  caption = 24,       // which caption of a sample is shown
  caption_drop = 25,  // which captions are dropped
};

/// Everything a draw depends on: no draw depends on threads, ranks, restarts or earlier draws.
struct DrawKey {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::initialisation;
  std::uint32_t stage = 0;
  std::uint32_t epoch = 0;
  std::uint64_t sample = 0;
};

/// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a block
/// of four words is a pure function of counter and key.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) noexcept;

/// The stream of draws that belongs to one key: seed, purpose and stage make the Philox key; the
/// counter is (block, epoch, sample). It repeats after 2^34 words.
class Random {
 public:
  explicit Random(const DrawKey& key) noexcept;

  std::uint32_t next() noexcept;
  /// Uniform in [0, 1), 53 bits.
  double uniform() noexcept;
  /// Uniform in [low, high).
  double uniform(double low, double high) noexcept;
  /// Uniform in [0, 1), 24 bits: every value is exact in float32.
  float uniform_float() noexcept;
  /// Standard normal (Box-Muller; every second call returns the pair's other value).
  double normal() noexcept;
  /// Gamma of scale 1; `shape` must be positive.
  double gamma(double shape) noexcept;
  /// Beta, both parameters positive.
  double beta(double first, double second) noexcept;
  /// Uniform in 0…count−1, without bias. `count` must be positive.
  std::uint64_t below(std::uint64_t count) noexcept;

 private:
  std::uint64_t next_pair() noexcept;

  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;  // words of `block_` already given away
  double second_normal_ = 0;
  bool has_second_normal_ = false;
};

/// A uniformly drawn order of 0…count−1 (Fisher-Yates).
std::vector<std::int64_t> permutation(const DrawKey& key, std::int64_t count);

/// A number for a name (FNV-1a), to be used as `DrawKey::sample`.
std::uint64_t name_key(std::string_view name) noexcept;

}  // namespace dbot::core
