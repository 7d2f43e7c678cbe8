#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/settings/settings.h"
#include "dbot/core/stop.h"
#include "dbot/data/batch.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/loader_config.h"

namespace dbot::data {

/// Mean and deviation per channel over a fixed, seeded choice of at most `images` images, pixels
/// 0…1.
struct PixelStatistics {
  std::vector<double> mean, std;
};
PixelStatistics measure_statistics(const Dataset& dataset, int channels, std::int64_t images,
                                   std::uint64_t seed);

/// Delivers batches whose order and content depend on seed, epoch and sample alone, never on the
/// threads that made them. A file that cannot be decoded is replaced by another sample drawn from
/// (seed, sample), reported once, and counted; DataError when their share exceeds the limit.
class Loader {
 public:
  Loader(std::shared_ptr<const Dataset> dataset, const LoaderConfig& config, core::Log log);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch; empty at the end of an evaluation pass.
  std::optional<Batch> next();
  /// Batches that `next` would give at once, in a row.
  std::int64_t ready() const;
  /// The most that can be; 0 without workers.
  std::int64_t ahead() const;
  /// Seconds the caller has waited in `next` so far.
  double wait_seconds() const;
  /// "name: what is wrong" of the samples found broken so far, in the order of their index.
  std::vector<std::string> bad_samples() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dbot::data
