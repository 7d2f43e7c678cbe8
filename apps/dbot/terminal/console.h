#pragma once

#include <string_view>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"

// How the program talks: results on stdout, everything for people on stderr.
namespace dbot::app {

/// Writes to stdout at once. Throws Error when nobody reads it any more or the disk is full: a
/// result that was not delivered is a failure.
void print(std::string_view text);
void print_line(std::string_view text);

/// A line on stderr; if that cannot be written there is nobody left to tell.
void complain(std::string_view text) noexcept;
/// The same without a line end.
void complain_raw(std::string_view text) noexcept;

/// Notices of the library on stderr.
core::Log console_log();

/// Set by the first SIGINT, SIGTERM or SIGHUP; a second one (SIGHUP apart) ends the process at
/// once.
const core::StopRequest& stop_request();
/// From now on a stop is told with the promise that the work can be taken up again: for commands
/// that keep what they have done. Others promise nothing.
void promise_to_go_on();
/// What the program ends with after a stop on request.
inline constexpr int kStoppedCode = 75;
/// While it lives, the first stop ends the process at once with that code: for work that writes
/// nothing and looks for no stop, such as reading weights.
class StopsAtOnce {
 public:
  /// Throws Stopped in the name of `operation` where a stop was asked for before.
  explicit StopsAtOnce(const char* operation);
  ~StopsAtOnce();
  StopsAtOnce(const StopsAtOnce&) = delete;
  StopsAtOnce& operator=(const StopsAtOnce&) = delete;
};
/// From now on SIGINT and SIGTERM write `farewell` (of static storage) to the terminal and end the
/// process at once: for commands that keep nothing.
void end_at_once_on_stop(std::string_view farewell);

struct TerminalSize {
  int columns = 80, rows = 24;
};
/// Of the terminal behind a descriptor; the usual size where there is none.
TerminalSize terminal_size(int descriptor);

/// Installs the handlers; a closed pipe and a limit on the size of files (ulimit -f) are errors of
/// the write, not signals. Also keeps the numbers of closed standard streams from being given to
/// the files a run opens. Stops wait until `let_stops_come`: a program that starts itself again
/// would forget one that came before.
void prepare_process();
void let_stops_come();

}  // namespace dbot::app
