#pragma once

#include <string>
#include <vector>

#include "dbot/report/advice/advice.h"

namespace dbot::report {

enum class RunState { empty, running, stopped, finished };
std::string name(RunState state);

/// Whether a run works, for somebody who reads one sentence.
struct Verdict {
  enum class Kind { yes, partly, no, too_early };
  Kind kind = Kind::too_early;
  std::string sentence;
  /// What decided: "knn" or another protocol, the id of a check that found a problem, a key of
  /// ComparedFigures, "loss", or empty where nothing was judged by. For programs.
  std::string measure = {};
};
std::string name(Verdict::Kind kind);

/// `findings` are those of `advise(observed)`.
Verdict judge(const Observed& observed, const std::vector<Advice>& findings, RunState state);

}  // namespace dbot::report
