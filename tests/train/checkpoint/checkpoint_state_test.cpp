// What a checkpoint remembers of validations and of a plan that became shorter.
#include "dbot/train/checkpoint/checkpoint_state.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"

namespace dbot::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Checkpoint with_student() {
  Checkpoint checkpoint;
  checkpoint.state.step = 7;
  checkpoint.tensors["student.cls_token"] = at::full({4}, 1.0);
  return checkpoint;
}

TEST(CheckpointState, WithoutValidationsItIsAsItWasBefore) {
  const std::string text = state_to_json(with_student());
  EXPECT_THAT(text,
              testing::Not(testing::AnyOf(HasSubstr("validation"), HasSubstr("stage_begin"))));
}

TEST(CheckpointState, RemembersValidationsAndAPlanThatBecameShorter) {
  const test::TemporaryFolder folder;
  Checkpoint written = with_student();
  written.stage_begin = {0, 7, 20};
  written.validation = {.step = 7, .best_step = 4, .best = 0.1, .without_better = 3};
  written.tensors["best.student.cls_token"] = at::full({4}, 0.25);
  const auto place = write_checkpoint(folder / "checkpoints", written);
  const Checkpoint read = read_checkpoint(place);
  EXPECT_THAT(read.stage_begin, ElementsAre(0, 7, 20));
  EXPECT_EQ(read.validation, written.validation);
  EXPECT_TRUE(std::filesystem::exists(place / "best.safetensors"));
  EXPECT_TRUE(at::equal(read.tensors.at("best.student.cls_token"),
                        written.tensors.at("best.student.cls_token")));
}

TEST(CheckpointState, RemembersAValidationAfterTheFirstStep) {
  const test::TemporaryFolder folder;
  Checkpoint written = with_student();
  written.validation = {.step = 1, .best_step = 1, .best = 0.5, .without_better = 0};
  core::write_file_synced(folder / "state.json", state_to_json(written));
  EXPECT_EQ(read_state(folder.path()).validation, written.validation);
}

TEST(CheckpointState, BoundariesThatFallAreCorrupt) {
  const test::TemporaryFolder folder;
  for (const std::vector<std::int64_t>& bad : {std::vector<std::int64_t>{0, 9, 7}, {3, 9}}) {
    Checkpoint written = with_student();
    written.stage_begin = bad;
    core::write_file_synced(folder / "state.json", state_to_json(written));
    try {
      read_state(folder.path());
      ADD_FAILURE() << "no DataError";
    } catch (const DataError& problem) {
      EXPECT_THAT(problem.what(), HasSubstr("stage_begin"));
    }
  }
}

}  // namespace
}  // namespace dbot::train
