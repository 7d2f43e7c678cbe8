#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/files/file_descriptor.h"
#include "dbot/runtime/launch/launched.h"

namespace dbot::runtime {

/// Gets each line that a process writes for people.
using TellLine = std::function<void(int rank, std::string_view line)>;

/// One process of a group: a process group of its own, so that a Ctrl-C at the terminal reaches the
/// parent alone; SIGTERM when the thread that started it ends. It reads nothing; its stderr, and of
/// ranks other than 0 also its stdout, come here.
class ChildProcess {
 public:
  /// `command`: a program's path and its arguments. `more`: variables beside those of this process.
  /// Throws Error if it cannot be started.
  ChildProcess(int rank, const std::vector<std::string>& command, const Variables& more);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Ends it at once if it runs.
  ~ChildProcess();

  int rank() const { return rank_; }
  /// Where its lines come from; −1 when it has closed that.
  int descriptor() const { return lines_.get(); }
  /// Tells the lines that are there, without waiting.
  void read(const TellLine& tell);
  /// Looks whether it has ended, then tells what it left.
  void look(const TellLine& tell);
  void send(int signal) const;
  /// Its exit code, or 128 and the signal that killed it. Empty while it runs.
  std::optional<int> code() const { return code_; }

 private:
  void tell_rest(const TellLine& tell);

  int rank_;
  pid_t process_;
  core::FileDescriptor lines_;
  std::string begun_;  // of a line whose end has not come
  std::optional<int> code_;
};

}  // namespace dbot::runtime
