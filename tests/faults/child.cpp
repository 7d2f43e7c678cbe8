#include "tests/faults/child.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "tests/faults/shim/fault_plan.h"

namespace dbot::faults {
namespace {

/// What both processes see.
struct Shared {
  long operations;
  std::size_t length;
  char text[1 << 16];
};

void say(Shared& shared, const std::string& line) {
  const std::size_t count = std::min(line.size() + 1, sizeof(shared.text) - shared.length);
  std::memcpy(shared.text + shared.length, (line + '\n').data(), count);
  shared.length += count;
}

}  // namespace

Ending in_child(const std::string& plan, const std::filesystem::path& root,
                const std::function<int(const Say&)>& work) {
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
  auto& shared = *static_cast<Shared*>(memory);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    dbot_faults_plan(plan.c_str(), root.c_str());
    int code = 98;
    try {
      code = work([&](const std::string& line) { say(shared, line); });
    } catch (const std::exception& problem) {
      say(shared, std::string("not caught: ") + problem.what());
    }
    shared.operations = dbot_faults_count();
    _exit(code);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  Ending ending;
  ending.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ending.operations = shared.operations;
  ending.said.assign(shared.text, shared.length);
  munmap(memory, sizeof(Shared));
  return ending;
}

}  // namespace dbot::faults
