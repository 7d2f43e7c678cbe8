#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/train/capture/batch_mark.h"
#include "dbot/train/capture/capture.h"

namespace dbot::train {

struct CaptureSettings {
  std::filesystem::path folder;  // a run's captures/; empty: no step is kept
  std::string recipe;            // TOML, stored with each step
  std::function<std::string(std::int64_t)> sample_name;  // empty: samples are named by number
};

/// Which steps a recipe lets be kept.
struct CaptureChoice {
  std::int64_t step = 0;        // this one whatever becomes of it; 0: none
  std::int64_t most_bytes = 0;  // that all captures of a run may take together; 0: any
};

/// A step that may be kept. The weights are still those before it.
struct StepToKeep {
  std::int64_t step = 0;         // the first step is 1
  std::vector<BatchMark> marks;  // of its micro-batches, in order, as they were trained on
  CapturedStep captured;         // but for the names of the samples and the recipe
  /// Gives its micro-batches once more, in order.
  std::function<MicroBatch()> read_again;
};

/// Keeps steps of a run for dbot replay: the one that was asked for and the first three that go
/// wrong.
///
/// Nearly no step is kept, so a step leaves marks of its micro-batches only. One that is to be kept
/// is read once more: what a loader gives depends on seed, epoch and sample alone. If files have
/// changed in between, the marks differ and the step is not kept.
class CaptureKeeper {
 public:
  CaptureKeeper(CaptureSettings settings, CaptureChoice choice, core::Log log);

  /// Whether any step may be kept, so that marks are needed.
  bool enabled() const { return !settings_.folder.empty(); }
  /// `skipped`: its loss or gradient is not finite.
  bool wants(std::int64_t step, bool skipped) const;
  /// A step that cannot be kept, or has no room, is a warning; nothing is thrown.
  void keep(const StepToKeep& step) const;

 private:
  std::filesystem::path write(const StepToKeep& step) const;
  /// Throws Error where the step would take more room than the captures have.
  void require_room(const CapturedStep& captured, const std::vector<BatchMark>& marks) const;
  std::vector<std::string> names_of(const BatchMark& mark) const;

  CaptureSettings settings_;
  CaptureChoice choice_;
  core::Log log_;
};

}  // namespace dbot::train
