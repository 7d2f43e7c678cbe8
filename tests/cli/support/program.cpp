#include "tests/cli/support/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;

void redirect(const fs::path& file, int descriptor) {
  const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(opened, descriptor);
  close(opened);
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const fs::path& folder,
                 const std::string& out)
    : out_(out.empty() ? folder / "stdout" : fs::path(out)), err_(folder / "stderr") {
  std::vector<char*> words{const_cast<char*>(DBOT_PROGRAM)};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("fork failed");
  if (process_ == 0) {
    if (out == "-") {
      close(STDOUT_FILENO);
    } else {
      redirect(out_, STDOUT_FILENO);
    }
    redirect(err_, STDERR_FILENO);
    execv(DBOT_PROGRAM, words.data());
    _exit(127);
  }
}

Program::~Program() {
  if (ended_) return;
  send(SIGKILL);
  waitpid(process_, &status_, 0);
}

bool Program::running() {
  if (!ended_ && waitpid(process_, &status_, WNOHANG) == process_) ended_ = true;
  return !ended_;
}

void Program::send(int signal) const {
  kill(process_, signal);
}

std::vector<pid_t> Program::children() const {
  // Of every thread: the one that started them need not be the first.
  std::vector<pid_t> found;
  std::error_code gone;
  const auto tasks = std::filesystem::path("/proc") / std::to_string(process_) / "task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) found.push_back(child);
  }
  std::ranges::sort(found);
  return found;
}

Result Program::wait() {
  if (!ended_) waitpid(process_, &status_, 0);
  ended_ = true;
  Result result;
  result.exit_code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  if (fs::is_regular_file(out_)) result.out = read_file(out_);
  result.err = read_file(err_);
  return result;
}

Result dbot(const std::vector<std::string>& arguments, const std::string& out) {
  const TemporaryFolder folder;
  return Program(arguments, folder.path(), out).wait();
}

Result dbot_interrupted(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  sigset_t interrupt, before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  // What is held back here is held back in the program until it can handle it.
  pthread_sigmask(SIG_BLOCK, &interrupt, &before);
  Program program(arguments, folder.path());
  program.send(SIGINT);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return program.wait();
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace dbot::cli_test
