#include "tests/support/fake_device/record.h"

#include <cxxabi.h>
#include <execinfo.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "dbot/core/error.h"

namespace dbot::test::fake {
namespace {

struct Seen {
  Callers callers = Callers::unknown;
  std::vector<Transfer> transfers;
  std::vector<std::string> operators;
};

std::mutex mutex;          // backward passes run in a thread of their own
std::optional<Seen> seen;  // while it is watched
thread_local int depth = 0;

/// "dbot::nn::f(int)" of a line of backtrace_symbols, "program(_ZN…+0x12) [0x…]"; empty: unknown.
std::string function_of(std::string_view line) {
  const std::size_t open = line.find('('), plus = line.find('+', open);
  if (open == std::string_view::npos || plus == std::string_view::npos) return {};
  const std::string symbol(line.substr(open + 1, plus - open - 1));
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return name ? std::string(name.get()) : std::string();
}

/// Without return type and parameters; empty for functions of others.
std::string short_name(const std::string& function) {
  constexpr std::string_view kProject = "dbot::";
  const std::size_t begin = function.find(kProject), end = function.find('(');
  if (begin == std::string::npos || end < begin) return {};
  std::string name = function.substr(begin + kProject.size(), end - begin - kProject.size());
  const bool of_test = name.starts_with("test::");
  return of_test ? std::string() : name;
}

}  // namespace

Inside::Inside() {
  ++depth;
}

Inside::~Inside() {
  --depth;
}

std::string callers_of_here() {
  constexpr int kFrames = 64, kNamed = 3;
  std::array<void*, kFrames> frames{};
  const int count = backtrace(frames.data(), kFrames);
  const std::unique_ptr<char*, void (*)(void*)> lines(backtrace_symbols(frames.data(), count),
                                                      &std::free);
  std::string all;
  int named = 0;
  for (int i = 0; i < count && named < kNamed; ++i) {
    const std::string name = short_name(function_of(lines.get()[i]));
    if (name.empty()) continue;
    all += (all.empty() ? "" : " <- ") + name;
    ++named;
  }
  return all;
}

bool is_watched() {
  const std::lock_guard lock(mutex);
  return seen.has_value() && depth == 0;
}

void tell_transfer(Transfer::Kind kind, std::size_t bytes) {
  if (!is_watched()) return;
  Transfer transfer{.kind = kind, .caller = {}, .bytes = bytes};
  const std::lock_guard lock(mutex);
  if (seen->callers == Callers::named) transfer.caller = callers_of_here();
  seen->transfers.push_back(std::move(transfer));
}

void tell_operator(const std::string& name_and_shapes) {
  const std::lock_guard lock(mutex);
  if (seen && depth == 0) seen->operators.push_back(name_and_shapes);
}

Watch::Watch(Callers callers) {
  const std::lock_guard lock(mutex);
  if (seen) throw Error("[fake device] it is watched already");
  seen = Seen{.callers = callers, .transfers = {}, .operators = {}};
}

Watch::~Watch() {
  const std::lock_guard lock(mutex);
  seen.reset();
}

std::vector<Transfer> Watch::transfers(Transfer::Kind kind) const {
  const std::lock_guard lock(mutex);
  std::vector<Transfer> found;
  for (const Transfer& transfer : seen->transfers) {
    if (transfer.kind == kind) found.push_back(transfer);
  }
  return found;
}

std::vector<std::string> Watch::operators() const {
  const std::lock_guard lock(mutex);
  return seen->operators;
}

void Watch::restart() {
  const std::lock_guard lock(mutex);
  seen->transfers.clear();
  seen->operators.clear();
}

std::string text_of(const std::vector<Transfer>& transfers) {
  std::string text;
  for (const Transfer& transfer : transfers) {
    text += std::to_string(transfer.bytes) + " bytes by " + transfer.caller + "\n";
  }
  return text;
}

}  // namespace dbot::test::fake
