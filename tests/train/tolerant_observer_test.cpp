#include "dbot/train/tolerant_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "dbot/core/error.h"
#include "tests/report/fake_method.h"

namespace dbot::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Throws what it is told to, and counts what reaches it.
struct Faulty : TrainObserver {
  void on_begin(const Plan&, const TrainState&, methods::Method&) override { fail_if(in_begin); }
  void on_step(const StepRecord&, methods::Method&) override {
    ++steps;
    fail_if(in_step);
  }
  void fail_if(bool fails) const {
    if (!fails) return;
    const std::string text = "[pictures] cannot write x.png: No space left on device\n";
    if (of_data) throw DataError("[data] 3.png: is empty");
    if (own) throw Error(text + "x.png");
    throw std::runtime_error(text + "#0 a trace");
  }
  bool own = false;  // not LibTorch's, whose messages end with a stack trace
  bool of_data = false;
  bool in_begin = false, in_step = false;
  int steps = 0;
};

struct Tolerant : testing::Test {
  Tolerant()
      : observer(std::unique_ptr<TrainObserver>(faulty), "the pictures",
                 [this](core::LogLevel, std::string_view text) { said.emplace_back(text); }) {}
  void begin() { observer.on_begin({}, {}, method); }
  void step() { observer.on_step({}, method); }

  std::vector<std::string> said;
  report::FakeMethod method;
  Faulty* faulty = new Faulty;
  TolerantObserver observer;
};

TEST_F(Tolerant, ErrorsAreToldOnceAndThenAtGrowingIntervals) {
  faulty->in_step = true;
  begin();
  for (int i = 0; i < 9; ++i) step();
  EXPECT_EQ(faulty->steps, 9) << "it is tried again, the fault may pass";
  EXPECT_EQ(said.size(), 4u) << "failures 1, 2, 4 and 8";
  EXPECT_THAT(said.front(), testing::AllOf(HasSubstr("the pictures"), HasSubstr("No space left"),
                                           testing::Not(HasSubstr("trace"))));
}

TEST_F(Tolerant, OwnErrorsAreToldWhole) {
  faulty->in_step = faulty->own = true;
  begin();
  step();
  EXPECT_THAT(said.front(), HasSubstr("device\nx.png"));
}

TEST_F(Tolerant, TheNewestProblemIsKeptWithWhoseFaultItIs) {
  faulty->in_step = faulty->of_data = true;
  begin();
  EXPECT_EQ(observer.last_problem(), "");
  step();
  EXPECT_EQ(observer.last_problem(), "[data] 3.png: is empty");
  EXPECT_TRUE(observer.last_was_of_data());
  faulty->of_data = false;
  step();
  EXPECT_THAT(observer.last_problem(), HasSubstr("No space left"));
  EXPECT_FALSE(observer.last_was_of_data());
}

TEST_F(Tolerant, OneThatCouldNotBeginIsLeftAlone) {
  faulty->in_begin = true;
  begin();
  step();
  EXPECT_EQ(faulty->steps, 0);
  EXPECT_EQ(said.size(), 1u);
}

TEST_F(Tolerant, WithoutFaultsItSaysNothing) {
  begin();
  step();
  EXPECT_EQ(faulty->steps, 1);
  EXPECT_THAT(said, IsEmpty());
}

TEST(TolerantObserver, AStopIsNoFailure) {
  struct Stopping : TrainObserver {
    void on_begin(const Plan&, const TrainState&, methods::Method&) override {
      throw Stopped("asked to");
    }
  };
  TolerantObserver observer(std::make_unique<Stopping>(), "it", core::silent_log());
  report::FakeMethod method;
  EXPECT_THROW(observer.on_begin({}, {}, method), Stopped);
}

}  // namespace
}  // namespace dbot::train
