#pragma once

#include <cstdint>
#include <string>

#include "apps/dbot/commands/evaluate/label_arguments.h"

namespace dbot::app {

/// What is asked of every evaluation, beside the network.
struct EvaluatedData {
  std::string data, leave_out;
  bool videos = false;  // the data are videos
  WantedLabels labels;
  std::int64_t seed = 0;
  std::string out;     // folder of a run, or of results; empty: the protocol's own choice
  std::string epochs;  // of training; empty: the protocol's
};

}  // namespace dbot::app
