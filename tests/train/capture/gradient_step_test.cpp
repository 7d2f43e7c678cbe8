#include "dbot/train/capture/gradient_step.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "tests/methods/small_system.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

/// Keeps what a step was given.
class Witness : public methods::MaskedModeling {
 public:
  Witness() : MaskedModeling(tiny_method()) { begin_stage(0); }
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    images = batch.tensors.at("images");
    noise = draws.at("mask_noise");
    return MaskedModeling::training_step(batch, draws, context);
  }
  at::Tensor images, noise;
};

MicroBatch micro_batch(const methods::Method& method) {
  MicroBatch micro;
  micro.batch.tensors["images"] = at::ones({2, 3, 8, 8}, at::kByte);
  micro.batch.sample_ids = {0, 1};
  micro.draws = method.draw(micro.batch, {.seed = 1});
  return micro;
}

TEST(GradientStep, ComputesOnTheTensorsItIsGivenWhereTheyLieThere) {
  Witness method;
  const MicroBatch micro = micro_batch(method);
  optim::LaneSum lanes(1);
  GradientStep step(method, {}, whole_step(1, 1), lanes);
  step.add(micro);
  EXPECT_TRUE(method.images.is_same(micro.batch.tensors.at("images")));
  EXPECT_TRUE(method.noise.is_same(micro.draws.at("mask_noise")));
  EXPECT_TRUE(step.finite());
}

TEST(GradientStep, BatchOffsetsAndDrawsAreAllMoved) {
  // The meta device has no values, so leaving it is refused: each move was tried.
  const at::Tensor elsewhere = at::ones({2}, at::TensorOptions().device(at::kMeta));
  MicroBatch batch, offsets, draws;
  batch.batch.tensors["images"] = elsewhere;
  offsets.batch.offsets["caption"] = elsewhere;
  draws.draws["mask_noise"] = elsewhere;
  for (const MicroBatch& micro : {batch, offsets, draws}) {
    EXPECT_ANY_THROW(move_to(micro, runtime::Device{}));
  }
  EXPECT_NO_THROW(move_to(MicroBatch{}, runtime::Device{}));
}

TEST(GradientStep, BuffersStayOnlyOfAStepThatCounts) {
  test::SmallSystem method;
  method.begin_stage(0);
  MicroBatch micro;
  micro.batch.tensors["images"] = at::ones({2, 3, 8, 8}, at::kByte);
  micro.batch.tensors[test::kNumbers] = at::ones({2, 1});
  micro.batch.offsets[test::kNumbers] = at::arange(3, at::kLong);
  micro.batch.sample_ids = {0, 1};
  micro.draws = method.draw(micro.batch, {.seed = 1});
  const auto running = [&] { return method.parameters().at("running_mean").item<float>(); };
  {
    optim::LaneSum lanes(1);
    GradientStep lost(method, {}, whole_step(1, 1), lanes);
    lost.add(micro);
    EXPECT_NE(running(), 0);
    lost.exchange_buffers();
    EXPECT_EQ(running(), 0) << "as before the step";
    lost.exchange_buffers();
    EXPECT_NE(running(), 0);
  }
  EXPECT_EQ(running(), 0);
  {
    optim::LaneSum lanes(1);
    GradientStep counted(method, {}, whole_step(1, 1), lanes);
    counted.add(micro);
    counted.count();
  }
  EXPECT_NE(running(), 0);
}

}  // namespace
}  // namespace dbot::train
