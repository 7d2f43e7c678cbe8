#include "apps/dbot/terminal/console.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "dbot/core/error.h"

namespace dbot::app {
namespace {

// A signal handler can reach nothing but an object of static storage.
core::StopRequest requested_stop;

std::string_view farewell_of_viewer;

constexpr std::string_view kStopping = "\ndbot: stopping; once more to stop at once\n";
constexpr std::string_view kStoppingToGoOn =
    "\ndbot: stopping where it can be taken up again; once more to stop at once\n";
constexpr std::string_view kStoppedAtOnce = "\ndbot: stopped on request; nothing was written\n";
std::string_view stop_notice = kStopping;
std::atomic<bool> stops_at_once{false};

void on_stop_of_viewer(int signal) {
  [[maybe_unused]] const auto written =
      write(STDOUT_FILENO, farewell_of_viewer.data(), farewell_of_viewer.size());
  _exit(128 + signal);
}

void on_stop_signal(int signal) {
  // A terminal that closes may tell so twice; what was written to it is lost anyway.
  if (requested_stop.requested() && signal != SIGHUP) _exit(128 + signal);
  requested_stop.request();
  const bool at_once = stops_at_once;
  const std::string_view notice = at_once ? kStoppedAtOnce : stop_notice;
  [[maybe_unused]] const auto written = write(STDERR_FILENO, notice.data(), notice.size());
  if (at_once) _exit(kStoppedCode);
}

void handle_stop(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // else: under nohup
}

/// `how`: SIG_BLOCK or SIG_UNBLOCK.
void mask_stops(int how) {
  sigset_t stops;
  sigemptyset(&stops);
  for (const int stop : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stops, stop);
  sigprocmask(how, &stops, nullptr);
}

void occupy_if_closed(int descriptor, int flags) {
  if (fcntl(descriptor, F_GETFD) >= 0) return;
  const int opened = open("/dev/null", flags);
  if (opened >= 0 && opened != descriptor) {
    dup2(opened, descriptor);
    close(opened);
  }
}

}  // namespace

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw Error(fmt::format("[stdout] the result could not be written: {}", strerror(errno)));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void print_line(std::string_view text) {
  print(fmt::format("{}\n", text));
}

void complain(std::string_view text) noexcept {
  complain_raw(text);
  complain_raw("\n");
}

void complain_raw(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

core::Log console_log() {
  return [](core::LogLevel level, std::string_view text) {
    complain(level == core::LogLevel::warning ? fmt::format("warning: {}", text)
                                              : std::string(text));
  };
}

const core::StopRequest& stop_request() {
  return requested_stop;
}

void promise_to_go_on() {
  stop_notice = kStoppingToGoOn;
}

StopsAtOnce::StopsAtOnce(const char* operation) {
  stops_at_once = true;
  if (!requested_stop.requested()) return;
  stops_at_once = false;
  throw Stopped(
      ErrorFields{.operation = operation, .reason = "stopped on request; nothing was written"});
}

StopsAtOnce::~StopsAtOnce() {
  stops_at_once = false;
}

void end_at_once_on_stop(std::string_view farewell) {
  farewell_of_viewer = farewell;
  handle_stop(on_stop_of_viewer);
}

TerminalSize terminal_size(int descriptor) {
  TerminalSize size;
  winsize found{};
  if (ioctl(descriptor, TIOCGWINSZ, &found) == 0 && found.ws_col > 0 && found.ws_row > 0) {
    size = {found.ws_col, found.ws_row};
  }
  return size;
}

void prepare_process() {
  mask_stops(SIG_BLOCK);
  handle_stop(on_stop_signal);
  occupy_if_closed(STDIN_FILENO, O_RDONLY);
  occupy_if_closed(STDOUT_FILENO,
                   O_RDONLY);  // results still cannot be written, and that is noticed
  occupy_if_closed(STDERR_FILENO, O_WRONLY);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void let_stops_come() {
  mask_stops(SIG_UNBLOCK);
}

}  // namespace dbot::app
