#include "apps/dbot/terminal/thread_waiting.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <initializer_list>

namespace dbot::app {

void let_waiting_threads_sleep(char** arguments) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  // A few microseconds: enough for even loads, too little to hold a core that another needs.
  if (setenv("GOMP_SPINCOUNT", "1000", 0) != 0) return;
  // A stop that comes meanwhile waits until the program is back and can handle it.
  sigset_t stops, before;
  sigemptyset(&stops);
  for (const int stop : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stops, stop);
  sigprocmask(SIG_BLOCK, &stops, &before);
  execv("/proc/self/exe", arguments);
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace dbot::app
