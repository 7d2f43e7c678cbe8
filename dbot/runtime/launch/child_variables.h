#pragma once

#include "dbot/runtime/launch/launched.h"

namespace dbot::runtime {

/// TORCHELASTIC_RUN_ID of processes that dbot starts itself.
inline constexpr const char* kOwnRunId = "dbot-processes";

/// What a child of ours finds in its environment, in torchrun's names: `launched` reads them back.
/// All ranks are on this machine, and the one who starts them serves the store at 127.0.0.1.
Variables child_variables(int rank, int ranks, int port, int restart);

}  // namespace dbot::runtime
