#include "tests/faults/shim/fault_plan.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>

namespace dbot::faults {
namespace {

constexpr const char* operation_names[] = {"open",  "write",   "sync",   "close",    "rename",
                                           "mkdir", "symlink", "remove", "truncate", "lock"};

struct Named {
  const char* name;
  Fate fate;
};
constexpr Named actions[] = {
    {"EIO", {Fate::Kind::error, EIO}},       {"ENOSPC", {Fate::Kind::error, ENOSPC}},
    {"EDQUOT", {Fate::Kind::error, EDQUOT}}, {"EROFS", {Fate::Kind::error, EROFS}},
    {"EACCES", {Fate::Kind::error, EACCES}}, {"EMFILE", {Fate::Kind::error, EMFILE}},
    {"ENFILE", {Fate::Kind::error, ENFILE}}, {"EINTR", {Fate::Kind::error, EINTR}},
    {"EPERM", {Fate::Kind::error, EPERM}},   {"EOPNOTSUPP", {Fate::Kind::error, EOPNOTSUPP}},
    {"ENOSYS", {Fate::Kind::error, ENOSYS}}, {"EFBIG", {Fate::Kind::error, EFBIG}},
    {"ENOLCK", {Fate::Kind::error, ENOLCK}}, {"SHORT", {Fate::Kind::shortened, 0}},
    {"KILL", {Fate::Kind::signal, SIGKILL}}, {"TERM", {Fate::Kind::signal, SIGTERM}},
    {"HUP", {Fate::Kind::signal, SIGHUP}}};

struct Plan {
  Fate fate;
  int operation = -1;  // −1: any
  long first = 0, last = -1;
  std::string root;
  std::atomic<long> any{0}, matching{0};
};

[[noreturn]] void refuse(const char* text) {
  std::fprintf(stderr, "fault plan not understood: %s\n", text);
  std::_Exit(99);
}

void parse(const char* text, Plan& plan) {
  plan.first = 0;
  plan.last = -1;
  if (*text == '\0') return;
  char action[16] = {}, operation[16] = {};
  long count = 1;
  if (std::sscanf(text, "%15[A-Z]@%15[a-z]:%ld+%ld", action, operation, &plan.first, &count) < 3) {
    refuse(text);
  }
  plan.last = plan.first + count - 1;
  plan.fate = {};
  for (const Named& known : actions) {
    if (std::strcmp(known.name, action) == 0) plan.fate = known.fate;
  }
  if (plan.fate.kind == Fate::Kind::none) refuse(text);
  plan.operation = -1;
  for (std::size_t i = 0; i < std::size(operation_names); ++i) {
    if (std::strcmp(operation_names[i], operation) == 0) plan.operation = static_cast<int>(i);
  }
  if (plan.operation < 0 && std::strcmp(operation, "any") != 0) refuse(text);
}

/// From the environment at first; a program that is linked with this may replace it.
Plan& plan() {
  static Plan* const only = [] {
    auto* made = new Plan;  // lives as long as the process: files are closed after main
    const char* text = std::getenv("DBOT_FAULTS");
    const char* root = std::getenv("DBOT_FAULTS_ROOT");
    if (root) made->root = root;
    if (text) parse(text, *made);
    return made;
  }();
  return *only;
}

/// So that a test outside can mend the fault while the program runs: no fault while it exists.
bool is_mended() {
  static const char* const file = std::getenv("DBOT_FAULTS_MENDED_BY");
  return file && ::access(file, F_OK) == 0;
}

}  // namespace

Fate next_fate(Operation operation) {
  Plan& now = plan();
  ++now.any;
  if (now.operation >= 0 && now.operation != static_cast<int>(operation)) return {};
  const long number = ++now.matching;
  if (number < now.first || number > now.last || is_mended()) return {};
  return now.fate;
}

bool is_watched(const char* path) {
  const std::string& root = plan().root;
  return !root.empty() && path && std::strncmp(path, root.c_str(), root.size()) == 0;
}

}  // namespace dbot::faults

void dbot_faults_plan(const char* text, const char* root) {
  auto& now = dbot::faults::plan();
  dbot::faults::parse(text, now);
  now.root = root;
  now.any = 0;
  now.matching = 0;
}

long dbot_faults_count() {
  return dbot::faults::plan().any;
}
