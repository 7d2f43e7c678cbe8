#pragma once

#include "dbot/core/log.h"
#include "dbot/core/stop.h"

namespace dbot::data {

/// Whom opening a data set tells what it does, and who may end it.
struct OpenContext {
  const core::Log& log;
  const core::StopRequest* stop = nullptr;
};

}  // namespace dbot::data
