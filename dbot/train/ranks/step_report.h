#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/loader/loader.h"
#include "dbot/runtime/process_group/group.h"
#include "dbot/train/capture/batch_mark.h"
#include "dbot/train/capture/scalar_sums.h"

namespace dbot::train {

/// What a rank tells the first one of its part of a step.
struct StepReport {
  std::vector<double> losses;  // of its micro-batches, in order
  std::vector<ScalarSum> scalars;
  data::BadFindings findings;  // of what it has read since the last report
  std::int64_t samples = 0;    // of its micro-batches
};

/// The report of the whole step on the first rank: losses in the order of the micro-batches. Counts
/// what the others found broken by `loader`, and throws DataError past the limit on that. The
/// others get their own back. All ranks call it.
StepReport gather_report(runtime::Group& group, StepReport own, data::Loader& loader);

/// The marks of all micro-batches of the step on the first rank, in order. All ranks call it.
std::vector<BatchMark> gather_marks(runtime::Group& group, std::vector<BatchMark> own);

}  // namespace dbot::train
