#include "apps/dbot/terminal/child_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <span>

#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/core/files/system_calls.h"

namespace dbot::app {
namespace {

constexpr int kBetweenLooks = 100;  // milliseconds

[[noreturn]] void fail(const char* what) {
  throw Error({.operation = "process",
               .subject = what,
               .fault = Fault::unreadable,
               .reason = fmt::format("failed: {}", std::strerror(errno))});
}

/// Everything until the child closes its end. A stop of this process is one of the child's.
std::string read_all(int descriptor, pid_t child) {
  std::string text;
  std::array<char, 4096> part{};
  bool told = false;
  while (true) {
    pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = poll(&wanted, 1, kBetweenLooks);
    if (!told && stop_request().requested()) {
      kill(child, SIGTERM);
      told = true;
    }
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count =
        core::uninterrupted([&] { return read(descriptor, part.data(), part.size()); });
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string result_of_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) fail("pipe");
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    close(ends[0]);
    const std::string result = work();  // what it throws is said by main
    core::write_all(ends[1], std::as_bytes(std::span(result)), "the result of a process");
    std::_Exit(0);
  }
  close(ends[1]);
  std::string result = read_all(ends[0], child);
  close(ends[0]);
  int status = 0;
  core::uninterrupted([&] { return waitpid(child, &status, 0); });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return result;
  if (WIFEXITED(status)) std::_Exit(WEXITSTATUS(status));
  if (stop_request().requested()) std::_Exit(kStoppedCode);
  throw Error({.operation = "process",
               .subject = "the look at this machine",
               .fault = Fault::too_large,
               .reason = fmt::format("was ended by signal {}, perhaps for lack of memory",
                                     WTERMSIG(status))});
}

}  // namespace dbot::app
