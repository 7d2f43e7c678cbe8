#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/augment/augmentation.h"

namespace dbot::data {

struct DataConfig {
  std::int64_t workers = -1;  // loading threads; 0: none; −1: as many as compute threads
  AugmentationConfig augmentation;
  std::vector<double> mean, std;  // per channel, of pixels in 0…1; empty: measured
  double max_bad_fraction = 0.1;  // of the files; more unreadable ones stop the run
  std::vector<double> weights;    // of several sources; empty: every image once an epoch
  std::int64_t cache_bytes = 0;   // of encoded files to keep in memory
  std::vector<double>
      value_range;        // black and white of floats and deep whole numbers; empty: usual
  std::string leave_out;  // a list of images not to read (data::Choice)
};

/// A part of a data set that was put together of several (concatenation.h), in their order.
struct SourceShare {
  std::int64_t images = 0;
  double weight = 1;  // its share of an epoch is this by the sum of all
};

struct LoaderConfig {
  std::int64_t batch_size = 1;  // of each rank
  int workers = 1;              // loading threads; 0: `next` decodes, in the caller's thread
  std::uint64_t seed = 0;
  /// Training: endless epochs, each in its own order, last incomplete batch dropped, broken samples
  /// replaced. Otherwise: one pass in order, all samples, without the broken ones.
  bool training = true;
  std::int64_t first_batch = 0;  // counted over all epochs: where a resumed run goes on
  std::int64_t batches_per_epoch =
      0;  // 0: size / (batch_size · ranks); fewer where accumulation drops the rest
  double max_bad_fraction = 0.1;
  /// This process among `ranks` that train together. A step has `batches_per_step` batches of each
  /// rank, and those of all ranks, one rank behind the other, are the batches that a single process
  /// has in this step: no sample is in two of them and none is lost. `first_batch` and
  /// `batches_per_epoch` count the batches of one rank. An evaluation pass is divided alike; at its
  /// end a rank may have a smaller batch or some less. Each rank counts the unreadable samples of
  /// its own share, and one of them may be given those of the others (Loader::add_findings).
  int rank = 0, ranks = 1;
  std::int64_t batches_per_step = 1;
  /// Empty: every sample once an epoch. Otherwise each source gives its share of an epoch, which is
  /// as long as all sources together: in an order of its own, the next one begun when it is used
  /// up.
  std::vector<SourceShare> sources = {};
  /// Most bytes of tensors that are loaded ahead; one batch always is.
  std::int64_t queue_bytes = std::int64_t{1} << 30;
};

/// Throws UsageError, naming `key`, unless the list is empty or of two different finite numbers.
void check_value_range(const std::vector<double>& range, std::string_view key);

/// What a configuration asks for, with the mean and deviation of its pixels where they are known.
AugmentationConfig augmentation_of(const DataConfig& config);

}  // namespace dbot::data
