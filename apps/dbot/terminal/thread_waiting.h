#pragma once

namespace dbot::app {

/// Makes compute threads sleep soon when they wait for each other, instead of spinning. On a
/// machine with other load, spinning threads take the cores from those they wait for: training was
/// measured 4 to 16 times slower (docs/command-line.md). GNU OpenMP reads this choice once, before
/// main begins, so the program starts itself again with it; it comes back at once if that is done
/// already, the user has chosen (OMP_WAIT_POLICY, GOMP_SPINCOUNT), or the start fails. Stops must
/// wait meanwhile (console.h): one that came before would be forgotten.
void let_waiting_threads_sleep(char** arguments);

}  // namespace dbot::app
