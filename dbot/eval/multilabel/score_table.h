#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/eval/multilabel/scored_samples.h"

namespace dbot::eval {

/// Somebody's own scores, as a table with commas or tabs. The first row names the columns:
/// "sample", "labels" with the labels that hold, a | between, and a column of scores for each
/// label; perhaps "part", whose rows are "dev" (or "val", "valid", "validation") to choose
/// thresholds on and "test" to measure them on. Without it they are measured where they were
/// chosen.
struct ScoreTable {
  std::vector<std::string> labels;
  ScoredSamples dev, test;
  bool divided = false;  // else both are all rows
};

/// `name` is the file's in messages. Throws DataError ("[data] NAME:LINE: reason") for a row of
/// another length, a score that is no number between 0 and 1, a label or a part that is none,
/// columns that are missing or named twice, and a part without rows.
ScoreTable parse_scores(std::string_view content, std::string_view name);
ScoreTable read_scores(const std::filesystem::path& file);

}  // namespace dbot::eval
