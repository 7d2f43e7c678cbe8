#pragma once

#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/runtime/launch/child_process.h"

namespace dbot::runtime {

struct SpawnConfig {
  std::vector<std::string> command = {};  // a program's path and its arguments
  int processes = 1;
  int port = 0;                           // of 127.0.0.1, where this process serves the store
  int restarts = 0;                       // times that all are started again when one has failed
  double grace_seconds = 6;               // for the others to end by themselves when one has failed
  std::vector<int> final_codes = {2, 3};  // failures that would come again: not restarted
  int stopped_code = 75;                  // of a process that was asked to stop
};

/// How it ended. 0: all did what they were to do. `stopped_code`: a stop was asked for, and all
/// ended well. Else what the first process that failed ended with; 1 if a signal killed it.
struct SpawnResult {
  int exit_code = 0;
  int failed_rank = -1;
  int restarts = 0;  // made
};

/// Starts the command as so many processes (child_variables.h) and waits until all have ended. A
/// stop is passed on once, as SIGTERM. When one fails, the others have `grace_seconds` to say why
/// they end; then they get SIGTERM, and after the same time again SIGKILL. Lines go to `tell`,
/// failures and restarts to `log`. Throws Error if a process cannot be started.
SpawnResult run_processes(const SpawnConfig& config, const core::StopRequest& stop,
                          const TellLine& tell, const core::Log& log);

}  // namespace dbot::runtime
