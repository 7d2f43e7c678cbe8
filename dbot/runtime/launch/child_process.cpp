#include "dbot/runtime/launch/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/system_calls.h"

namespace dbot::runtime {
namespace {

constexpr std::size_t kLongestLine = 1 << 16;  // longer ones are told in pieces

std::vector<char*> pointers_of(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Only what is safe between fork and exec in a program with threads.
[[noreturn]] void become(const std::vector<char*>& arguments, const std::vector<char*>& variables,
                         pid_t parent, int lines, bool results_go_on) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);  // it ended before that
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(lines, STDERR_FILENO);
  if (!results_go_on) dup2(lines, STDOUT_FILENO);
  execve(arguments[0], arguments.data(), variables.data());
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(int rank, const std::vector<std::string>& command, const Variables& more)
    : rank_(rank) {
  Variables all = more;
  all.merge(environment_variables());  // what is there already stays
  std::vector<std::string> variables, words = command;
  for (const auto& [name, value] : all) variables.push_back(fmt::format("{}={}", name, value));
  const std::vector<char*> arguments = pointers_of(words), environment = pointers_of(variables);

  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) core::throw_system_error("make a pipe for", command[0]);
  lines_ = core::FileDescriptor(ends[0]);
  const core::FileDescriptor written(ends[1]);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ == 0) become(arguments, environment, parent, written.get(), rank == 0);
  if (process_ < 0) core::throw_system_error("start", command[0]);
  setpgid(process_, process_);  // here and there: whoever comes first
}

ChildProcess::~ChildProcess() {
  if (code_) return;
  kill(process_, SIGKILL);
  core::uninterrupted([this] { return waitpid(process_, nullptr, 0); });
}

void ChildProcess::read(const TellLine& tell) {
  std::array<char, 4096> buffer{};
  while (lines_.valid()) {
    const ssize_t count =
        core::uninterrupted([&] { return ::read(lines_.get(), buffer.data(), buffer.size()); });
    if (count < 0) return;  // nothing more for now
    if (count == 0) {
      lines_ = core::FileDescriptor();
      return;
    }
    begun_.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = begun_.find('\n', begin)) != std::string::npos;) {
      tell(rank_, std::string_view(begun_).substr(begin, end - begin));
      begin = end + 1;
    }
    begun_.erase(0, begin);
    if (begun_.size() > kLongestLine) tell_rest(tell);
  }
}

void ChildProcess::tell_rest(const TellLine& tell) {
  if (!begun_.empty()) tell(rank_, begun_);
  begun_.clear();
}

void ChildProcess::look(const TellLine& tell) {
  if (code_) return;
  int status = 0;
  if (core::uninterrupted([&] { return waitpid(process_, &status, WNOHANG); }) <= 0) return;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  read(tell);
  tell_rest(tell);
}

void ChildProcess::send(int signal) const {
  if (!code_) kill(process_, signal);
}

}  // namespace dbot::runtime
