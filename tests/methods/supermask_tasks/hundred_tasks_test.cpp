// What a hundred tasks of a network of 1.1 million weights leave in a checkpoint.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "dbot/methods/supermask_tasks/supermask_config.h"
#include "dbot/methods/supermask_tasks/task_networks.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "tests/core/temporary_folder.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kTasks = 100;
constexpr double kDensity = 0.02;

/// Tasks that keep the masks of the scores they were drawn with: training would change which
/// weights they use, and not how many bytes they take.
TaskNetworks hundred_tasks() {
  TaskNetworksConfig config{.network = masked_network({.kind = TaskNetworkKind::resnet18}, 10),
                            .density = {.density = kDensity},
                            .keep_scores = false,
                            .seed = 3,
                            .device = {}};
  TaskNetworks networks(config);
  networks.initialise();
  for (std::int64_t task = 0; task < kTasks; ++task) {
    networks.begin_task(task);
    networks.finish_task();
  }
  return networks;
}

TEST(HundredTasks, TakeLessThan20MegabytesOfMasks) {
  const TaskNetworks networks = hundred_tasks();
  EXPECT_EQ(networks.network().elements(), 1'090'140 + 160 * 10);
  train::Checkpoint checkpoint;
  for (const auto& [name, tensor] : networks.state()) {
    if (name.starts_with("tasks.")) checkpoint.tensors.emplace(name, tensor);
  }
  const test::TemporaryFolder folder;
  const std::filesystem::path written = train::write_checkpoint(folder.path(), checkpoint);
  const auto bytes = std::filesystem::file_size(written / "tasks.safetensors");
  constexpr std::uintmax_t kMegabyte = 1'000'000;
  EXPECT_GT(bytes, 13 * kMegabyte) << "a bit a weight";
  // Masks and the running values of the BatchNorms.
  EXPECT_LT(bytes, 20 * kMegabyte);
  // Independent masks leave (1 − k)^t of the last one free.
  const TaskShare last = networks.share(kTasks - 1);
  const double free = static_cast<double>(last.free) / static_cast<double>(last.used);
  const double expected = std::pow(1 - kDensity, kTasks - 1);
  EXPECT_NEAR(free, expected, 0.1 * expected);
}

}  // namespace
}  // namespace dbot::methods
