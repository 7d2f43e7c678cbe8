#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dbot/methods/method.h"

namespace dbot::report {

/// Which moment of a run something is of. Labels are for people: nothing goes by them.
enum class Moment {
  pixels,  // none: raw pixels, to compare with
  start,   // before the first step
  epoch,   // inside a stage
  stage    // the end of one
};

/// "pixels", "start", "epoch", "stage": how files hold it.
std::string moment_name(Moment moment);

/// As files hold it. Those of older programs name none, which is empty: their labels say it.
Moment moment_of(std::string_view name, std::string_view label);

/// A moment with its label, which is unique in a run.
struct NamedMoment {
  std::string label;
  Moment moment = Moment::epoch;
};

/// What a run begins with: "untrained network", or "start weights" from a file.
NamedMoment start_of(const methods::Method& method);
/// "epoch 40": that many have been made.
NamedMoment end_of_epoch(std::int64_t epoch);
/// "stage 2" for stage 1, counted from 0.
NamedMoment end_of_stage(std::int64_t stage);

}  // namespace dbot::report
