#include "apps/dbot/terminal/thread_waiting.h"

#include <unistd.h>

#include <cstdlib>

namespace dbot::app {

void let_waiting_threads_sleep(char** arguments) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  // A few microseconds: enough for even loads, too little to hold a core that another needs.
  if (setenv("GOMP_SPINCOUNT", "1000", 0) != 0) return;
  execv("/proc/self/exe", arguments);
}

}  // namespace dbot::app
