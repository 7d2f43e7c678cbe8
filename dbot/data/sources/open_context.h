#pragma once

#include "dbot/core/log.h"
#include "dbot/core/stop.h"

namespace dbot::data {

/// Whom opening a data set tells what it does, who may end it, and what it is for.
struct OpenContext {
  const core::Log& log;
  const core::StopRequest* stop = nullptr;
  /// For evaluation: every class folder is a class, images beside class folders are left out, and
  /// folders without any are an error. Other kinds of data say what is labelled in both cases.
  bool wants_labels = false;
};

}  // namespace dbot::data
