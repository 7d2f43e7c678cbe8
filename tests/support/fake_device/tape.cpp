#include "tests/support/fake_device/tape.h"

#include <c10/core/GradMode.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/runtime/step_graph.h"
#include "tests/support/fake_device/memory.h"
#include "tests/support/fake_device/record.h"

namespace dbot::test::fake {
namespace {

using Tape = std::vector<std::function<void()>>;

std::mutex tape_mutex;  // backward passes run in a thread of their own
Tape* recorded = nullptr;

void record_on(Tape* tape) {
  const std::lock_guard lock(tape_mutex);
  if (tape != nullptr && recorded != nullptr) {
    throw Error("[fake device] a graph is recorded inside another");
  }
  recorded = tape;
}

/// Between these two the device computes in vain.
class Recording {
 public:
  explicit Recording(Tape& tape) : before_(memory_as_it_is()) {
    record_on(&tape);
    begin_pool();
  }
  ~Recording() {
    end_pool();
    record_on(nullptr);
    put_memory_back(before_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  MemoryPages before_;
};

class TapeGraph final : public runtime::StepGraph {
 public:
  ~TapeGraph() override { release_pool(); }

  void record(const std::function<void()>& work) override {
    const Recording recording(tape_);
    work();
  }
  void replay() override {
    tell_operator("graph of " + std::to_string(tape_.size()) + " operators");
    const c10::NoGradGuard no_graph;
    const Open open;
    const Inside inside;
    for (const auto& again : tape_) again();
  }

 private:
  Tape tape_;
};

}  // namespace

void install_graphs() {
  runtime::use_step_graphs([](const runtime::Device&) { return std::make_unique<TapeGraph>(); });
}

bool is_recording() {
  const std::lock_guard lock(tape_mutex);
  return recorded != nullptr;
}

void keep_on_tape(std::function<void()> again) {
  const std::lock_guard lock(tape_mutex);
  recorded->push_back(std::move(again));
}

void refuse_in_graph(const char* what) {
  if (!is_recording()) return;
  throw Error(std::string("[fake device] ") + what + " inside a graph: " + callers_of_here());
}

}  // namespace dbot::test::fake
