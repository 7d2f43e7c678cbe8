#include "dbot/runtime/launch/child_variables.h"

namespace dbot::runtime {

Variables child_variables(int rank, int ranks, int port, int restart) {
  const std::string number = std::to_string(rank), count = std::to_string(ranks);
  return {{"RANK", number},
          {"WORLD_SIZE", count},
          {"LOCAL_RANK", number},
          {"LOCAL_WORLD_SIZE", count},
          {"MASTER_ADDR", "127.0.0.1"},
          {"MASTER_PORT", std::to_string(port)},
          {"TORCHELASTIC_RUN_ID", kOwnRunId},
          {"TORCHELASTIC_RESTART_COUNT", std::to_string(restart)},
          {"TORCHELASTIC_USE_AGENT_STORE", "True"}};
}

}  // namespace dbot::runtime
