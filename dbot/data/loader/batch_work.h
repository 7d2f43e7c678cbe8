#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/bad_samples.h"
#include "dbot/data/loader/batch_sequence.h"
#include "dbot/data/loader/loader_config.h"

namespace dbot::data {

/// One batch in the making. Its samples are divided into chunks that any threads decode, straight
/// into the memory of its parts; nothing depends on which thread, or on the size of the chunks.
class BatchWork {
 public:
  /// The references must outlive this object.
  BatchWork(const Dataset& dataset, const std::vector<BatchPartFactory>& parts,
            const LoaderConfig& config, const BadSamples& limit, BatchPlan plan,
            std::int64_t chunk_size);

  std::int64_t chunks() const;
  /// Makes one chunk; gives up early when `stopping`. Errors wait for `take`.
  void run_chunk(std::int64_t chunk, const std::atomic<bool>& stopping) noexcept;

  /// Waits until all chunks are made.
  void wait();
  /// Whether they are.
  bool finished();
  /// Unreadable samples found; call after `wait`.
  const BadFindings& findings() const { return findings_; }
  std::int64_t planned() const { return static_cast<std::int64_t>(plan_.samples.size()); }
  /// The batch, without slots that could not be filled; rethrows what went wrong in a chunk. Once,
  /// after `wait`.
  Batch take();

 private:
  void fill_slots(std::int64_t begin, std::int64_t end, const std::atomic<bool>& stopping);
  std::int64_t index_of(std::int64_t sample) const { return sample % dataset_.size(); }
  bool fill(std::int64_t slot, std::int64_t sample, BadFindings& found);
  void replace(std::int64_t slot, BadFindings& found, const std::atomic<bool>& stopping);
  void add_findings(const BadFindings& found);
  void close_gaps();

  const Dataset& dataset_;
  const LoaderConfig& config_;
  const BadSamples& limit_;
  const BatchPlan plan_;
  const std::int64_t chunk_size_;
  std::vector<std::unique_ptr<BatchPart>> parts_;
  std::vector<std::int64_t> samples_;  // that fill the slots; −1: none
  std::atomic<bool> hopeless_ = false;

  std::mutex mutex_;
  std::condition_variable finished_;
  std::int64_t unfinished_;         // chunks
  std::int64_t failed_chunk_ = -1;  // the first one with an error
  std::exception_ptr failure_;
  BadFindings findings_;
};

}  // namespace dbot::data
