#pragma once

#include <optional>
#include <string>

#include "dbot/report/advice/verdict.h"

namespace dbot::report {

/// Whether a run works, by what its network makes of one sample of images (ComparedFigures) beside
/// what the network it began with made of it. All limits are relative to that network or to what is
/// predicted; docs/report.md has them. `so_far` stands behind "Not yet" and
/// its like. Empty where the two were not measured, as in runs of older programs.
std::optional<Verdict> judge_without_labels(const Observed& observed, const std::string& so_far);

}  // namespace dbot::report
