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
#include "dbot/data/image/transforms.h"

namespace dbot::data {

struct DataConfig {
  std::int64_t workers = -1;  // loading threads; 0: none; −1: as many as compute threads
  AugmentationConfig augmentation;
  std::vector<double> mean, std;  // per channel, of pixels in 0…1; empty: measured
  double max_bad_fraction = 0.1;  // of the files; more unreadable ones stop the run
  std::vector<double> weights;    // of several sources; empty: every image once an epoch
  std::int64_t cache_bytes = 0;   // of encoded files to keep in memory
  std::string leave_out;          // a list of images not to train on (audit/quarantine.h)
};

/// Mean and deviation per channel over a fixed, seeded choice of at most `images` images, pixels
/// 0…1.
struct PixelStatistics {
  std::vector<double> mean, std;
};
PixelStatistics measure_statistics(const Dataset& dataset, int channels, std::int64_t images,
                                   std::uint64_t seed);

/// Further crops of each sample of a training batch, with an augmentation of their own: the views
/// of multi-crop and siamese methods. They come as tensor `name`, [batch, count, channels, height,
/// width]; each crop has draws of its own, by its place among all views.
struct ViewConfig {
  std::string name;
  core::Size image_size;
  std::int64_t count = 1;
  AugmentationConfig augmentation;
};

/// A part of a data set that was put together of several (concatenation.h), in their order.
struct SourceShare {
  std::int64_t images = 0;
  double weight = 1;  // its share of an epoch is this by the sum of all
};

struct LoaderConfig {
  core::Size image_size;
  int channels = 3;
  std::int64_t batch_size = 1;  // of each rank
  int workers = 1;              // loading threads; 0: `next` decodes, in the caller's thread
  std::uint64_t seed = 0;
  /// Training: endless epochs, each in its own order, last incomplete batch dropped, augmented.
  /// Otherwise: one pass in order, all samples, centre crop.
  bool training = true;
  AugmentationConfig augmentation;
  std::vector<ViewConfig> views;  // beside "images", which do not change by them
  std::int64_t first_batch = 0;   // counted over all epochs: where a resumed run goes on
  std::int64_t batches_per_epoch =
      0;  // 0: size / (batch_size · ranks); fewer where accumulation drops the rest
  double max_bad_fraction = 0.1;
  /// This process among `ranks` that train together. All ranks' batches of a number, one behind the
  /// other, are the batch of that number of a single process whose batch is `ranks` times as large:
  /// no sample is in two of them, none is lost, and first_batch means the same for all. An
  /// evaluation pass is divided alike; at its end a rank may have a smaller batch or one batch
  /// less. Each rank counts the unreadable samples of its own share.
  int rank = 0, ranks = 1;
  /// Empty: every sample once an epoch. Otherwise each source gives its share of an epoch, which is
  /// as long as all sources together: in an order of its own, the next one begun when it is used
  /// up.
  std::vector<SourceShare> sources;
  /// Most bytes of pixels that are loaded ahead; one batch always is.
  std::int64_t queue_bytes = std::int64_t{1} << 30;
};

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
