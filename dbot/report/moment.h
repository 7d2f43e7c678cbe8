#pragma once

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

/// What a run begins with, for people: "untrained network", or "start weights" from a file.
std::string start_label(const methods::Method& method);

}  // namespace dbot::report
