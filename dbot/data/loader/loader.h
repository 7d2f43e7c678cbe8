#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/batch.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/bad_samples.h"
#include "dbot/data/loader/loader_config.h"

namespace dbot::data {

/// Delivers batches whose order and content depend on seed, epoch and sample alone, never on the
/// threads that made them. A sample that cannot be read, or that a part cannot take, is replaced by
/// another one drawn from (seed, sample), reported once, and counted; DataError when their share
/// exceeds the limit.
class Loader {
 public:
  /// Each batch has the tensors of all `parts`. Throws UsageError for settings that do not fit each
  /// other or the data set, DataError for one without samples.
  Loader(std::shared_ptr<const Dataset> dataset, std::vector<BatchPartFactory> parts,
         const LoaderConfig& config, core::Log log);
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
  /// What the batches that `next` has given since the last call had of broken samples.
  BadFindings take_findings();
  /// Counts what another rank has found in `planned` samples of its own as found here. Throws
  /// DataError past the limit.
  void add_findings(const BadFindings& findings, std::int64_t planned);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dbot::data
