#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "dbot/report/advice/verdict.h"
#include "dbot/report/metrics/metrics_digest.h"
#include "dbot/report/text/command_texts.h"

namespace dbot::report {

/// What a page says of one run in a few words.
struct PageSummary {
  RunState state = RunState::empty;
  Verdict verdict;
  std::vector<Advice> findings;
  std::int64_t step = 0;
  double chance = std::numeric_limits<double>::quiet_NaN();  // percent: see Observed
};

/// Everything a run folder has to show, as one JSON document; docs/report.md lists its keys.
/// Nothing in the folder is trusted: what is missing, broken or too large is left out and named
/// under "left_out". Memory is bounded, whatever the length of the run. Reading again costs little:
/// of the metrics only what was added is read.
class PageData {
 public:
  /// The page shows `commands`.
  explicit PageData(std::filesystem::path run, CommandTexts commands = {})
      : run_(std::move(run)), commands_(std::move(commands)) {}

  /// `state` is for the process that trains; without it the folder's lock says who does. The text
  /// is ASCII and has no <, > or &, so it can stand in a page. Throws nothing of its own.
  std::string json(std::optional<RunState> state = std::nullopt);

  /// Of the last call of `json`.
  const PageSummary& summary() const { return summary_; }

 private:
  std::filesystem::path run_;
  CommandTexts commands_;
  MetricsDigest digest_;
  PageSummary summary_;
};

}  // namespace dbot::report
