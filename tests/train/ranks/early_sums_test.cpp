#include "dbot/train/ranks/early_sums.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

#include "dbot/core/clock.h"
#include "tests/runtime/process_group/ranks.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

using testing::Each;
using testing::IsEmpty;

MicroBatch micro_batch(const methods::Method& method, std::int64_t number) {
  MicroBatch micro;
  micro.batch.tensors["images"] = at::ones({2, 3, 8, 8}, at::kByte).mul(40 * (number + 1));
  micro.batch.sample_ids = {2 * number, 2 * number + 1};
  micro.draws = method.draw(micro.batch, {.seed = 1, .micro_batch = number});
  return micro;
}

/// A backward pass that comes to the first layer waits there until something has been sent.
TEST(EarlySums, BeginWhileTheBackwardPassIsUnderWay) {
  std::array<bool, 2> sent_before_the_end{};
  const auto problems = test::run_ranks_of(2, [&](const runtime::GroupConfig& config) {
    Ranks ranks(config);
    methods::MaskedModeling method(tiny_method());
    method.begin_stage(0);
    const MicroBatch micro = micro_batch(method, ranks.rank());
    const at::Tensor loss = method.training_step(micro.batch, micro.draws, {}).loss;
    const std::int64_t before = ranks.group().bytes_sent();
    bool& sent = sent_before_the_end[static_cast<std::size_t>(ranks.rank())];
    method.parameters().at("patch_embed.proj.weight").register_hook([&](const at::Tensor&) {
      const core::Stopwatch clock;
      while (ranks.group().bytes_sent() == before && clock.seconds() < 20) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      sent = ranks.group().bytes_sent() > before;
    });
    EarlySums sums(method.parameters(), ranks, 1024);
    sums.begin(loss);
    loss.backward();
    sums.finish();
  });
  EXPECT_THAT(problems, Each(IsEmpty()));
  EXPECT_THAT(sent_before_the_end, Each(true));
}

TEST(EarlySums, OfAPassThatNeverComesAreTheSumsOfWhatIsThere) {
  const auto problems = test::run_ranks_of(2, [&](const runtime::GroupConfig& config) {
    Ranks ranks(config);
    methods::MaskedModeling method(tiny_method());
    method.begin_stage(0);
    method.parameters().flat_gradients().fill_(ranks.rank() + 1);
    EarlySums sums(method.parameters(), ranks, 4096);
    sums.finish();
    EXPECT_TRUE(method.parameters().flat_gradients().eq(3).all().item().toBool());
  });
  EXPECT_THAT(problems, Each(IsEmpty()));
}

}  // namespace
}  // namespace dbot::train
