#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/runtime/precision.h"
#include "dbot/train/capture/capture.h"

namespace dbot::run {

/// How many values of a part of the step are not finite, and the first tensor of the part that has
/// any.
struct FiniteCheck {
  std::string part = {};  // "student weights", "encoder", "gradients without decay", …
  std::int64_t values = 0;
  std::int64_t not_finite = 0;
  std::string first = {};  // the first tensor that is not finite; empty if all are
};

struct Replay {
  train::CaptureRecord recorded;
  runtime::Precision recorded_precision = runtime::Precision::fp32;
  runtime::Precision precision = runtime::Precision::fp32;  // of this repetition
  std::vector<double> losses;                               // of each micro-batch
  double loss = 0;
  double gradient_norm = 0;
  std::string gradients;            // checksum
  bool bit_identical = false;       // losses, norm and gradients are those recorded
  std::vector<FiniteCheck> checks;  // in the order in which a step computes
};

/// Repeats the step kept in `folder` (train/capture/capture.h) with its threads and, unless told
/// otherwise, its precision. Throws DataError if the capture is broken.
Replay replay(const std::filesystem::path& folder, std::optional<runtime::Precision> precision,
              const core::Log& log);

}  // namespace dbot::run
