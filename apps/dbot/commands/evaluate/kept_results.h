#pragma once

#include <filesystem>
#include <string>

#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/evaluation.h"

// Results of an evaluation as files: results.json, and labels-seed-N.txt for each draw of labels.
namespace dbot::app {

/// RUN/evaluations/N, made here, with the first N that is free: of several processes each gets its
/// own. Throws Error if the run cannot be written to.
std::filesystem::path new_evaluation_folder(const std::filesystem::path& run);

/// Writes into `folder`, which is made if it is missing: `json`, one line, and of every draw of
/// labels the names and classes of its samples in `train`, a tab between them, one sample a line.
/// Throws Error if a file cannot be written.
void keep_results(const std::filesystem::path& folder, const std::string& json,
                  const eval::Evaluation& evaluation, const data::Dataset& train);

}  // namespace dbot::app
