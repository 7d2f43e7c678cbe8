#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dbot/methods/method.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/checkpoint/checkpoint.h"

// One optimizer step, kept with everything that is needed to repeat it bit for bit:
//   captures/step-00000120/ student, teacher, optimizer .safetensors   before the step
//                           micro-batch-0.safetensors …                batch and draws
//                           state.json, capture.toml (the recipe), capture.json, manifest.json
namespace dbot::train {

/// What training computed in the captured step.
struct CaptureRecord {
  std::int64_t step = 0;  // as it stands in metrics.jsonl: the first step is 1
  std::int64_t stage = 0;
  std::vector<double> losses;  // of each micro-batch, exact
  double loss = 0;
  double gradient_norm = 0;  // before clipping; NaN if a loss was not finite
  double learning_rate = 0;
  std::string gradients;  // checksum of all gradients, group after group
  std::vector<std::vector<std::string>> samples = {};  // names, by micro-batch
};

/// A step but for its micro-batches.
struct CapturedStep {
  Checkpoint before = {};  // state, tensors and fixed choices as they were before the step
  CaptureRecord record = {};
  std::string recipe = {};       // TOML, opaque here
  std::string description = {};  // dbot.config of the student's file
};

struct Capture : CapturedStep {
  std::vector<MicroBatch> micro_batches;
};

/// Checksum of the gradients of `groups`, in their order.
std::string checksum_of_gradients(const std::vector<optim::ParameterGroup>& groups);

/// Writes the step under `folder` (a run's captures/) aside and renames it. Its micro-batches, one
/// for each loss of the record, come from `next_micro_batch`, in order and one at a time, so that
/// one is in memory. Returns its folder; one of this step that is there already stays as it is.
/// Throws DataError as `next_micro_batch` does, and Error if it cannot be written.
std::filesystem::path write_capture(const std::filesystem::path& folder, const CapturedStep& step,
                                    const std::function<MicroBatch()>& next_micro_batch);

/// Verifies and reads one. Throws DataError saying what does not hold.
Capture read_capture(const std::filesystem::path& folder);

}  // namespace dbot::train
