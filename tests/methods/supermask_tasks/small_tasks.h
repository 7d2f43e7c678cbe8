#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/tasks/all_at_once.h"
#include "dbot/data/tasks/task_split.h"
#include "dbot/methods/supermask_tasks/supermask_entry.h"
#include "dbot/methods/supermask_tasks/supermask_tasks.h"
#include "dbot/train/trainer.h"

// Tasks so small that a run of several takes a second.
namespace dbot::test {

/// 8×8 RGB noise; a class brightens rows of its own.
class StripedImages final : public data::Dataset {
 public:
  StripedImages(std::int64_t size, std::int64_t classes, std::uint64_t seed = 3)
      : size_(size), seed_(seed) {
    for (std::int64_t i = 0; i < classes; ++i) classes_.push_back("rows " + std::to_string(i));
  }
  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, data::Sample& sample) const override {
    core::Random random({.seed = seed_, .sample = static_cast<std::uint64_t>(index)});
    sample.begin(name(index));
    const std::array<std::int64_t, 3> shape{8, 8, 3};
    std::int64_t place = 0;
    for (auto& value : sample.add(data::kImagePart).own_values(at::kByte, shape)) {
      const std::int64_t row = place++ / 24;
      const bool bright = row % std::ssize(classes_) == label(index);
      value = static_cast<std::uint8_t>(random.below(100) + (bright ? 150 : 0));
    }
  }
  std::int64_t label(std::int64_t index) const override { return index % std::ssize(classes_); }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::int64_t size_;
  std::uint64_t seed_;
  std::vector<std::string> classes_;
};

inline methods::SupermaskConfig small_supermasks() {
  methods::SupermaskConfig config;
  config.network.kind = methods::TaskNetworkKind::chain;
  config.network.convolution = {.image_size = {8, 8}, .widths = {6, 8}};
  config.split.count = 3;
  config.density.density = 0.3;
  config.mask_epochs = config.weight_epochs = 2;
  config.mask_lr = 0.05;
  config.weight_lr = 0.01;
  config.transfer.kind = methods::Transfer::none;
  config.seed = 5;
  return config;
}

/// Runs of a small system over its tasks, each stage with the data of its task.
class TaskRun {
 public:
  static constexpr std::int64_t kBatchSize = 8;

  explicit TaskRun(methods::SupermaskConfig config, std::int64_t classes = 6)
      : config_(std::move(config)), all_(std::make_shared<StripedImages>(40 * classes, classes)) {
    tasks_ = data::split_into_tasks(all_, config_.split, config_.seed, data::TaskUse::learning);
  }

  std::unique_ptr<methods::SupermaskTasks> method() const {
    auto method = std::make_unique<methods::SupermaskTasks>(config_);
    method->see_data({.mean = {0.4, 0.4, 0.4}, .std = {0.2, 0.2, 0.2}, .classes = all_->classes()});
    return method;
  }

  /// What a stage learns from; methods::kAllTasks: all at once.
  std::int64_t task_of(std::int64_t stage) const {
    return outline(config_).own_stages.at(static_cast<std::size_t>(stage)).task;
  }
  std::shared_ptr<const data::Dataset> task(std::int64_t number) const {
    return number == methods::kAllTasks ? data::all_at_once(tasks_)
                                        : tasks_.at(static_cast<std::size_t>(number));
  }

  /// All samples of a task in one batch.
  data::Batch whole(std::int64_t number) const {
    return *open(task(number), {.batch_size = task(number)->size(), .training = false})->next();
  }

  /// Goes on in the folder until the end or a stop; what is returned may be asked then.
  std::unique_ptr<methods::SupermaskTasks> train(
      const std::filesystem::path& folder, std::vector<train::TrainObserver*> watchers = {},
      const core::StopRequest& stop = core::StopRequest()) const {
    std::filesystem::create_directories(folder);
    const auto checkpoint = train::read_newest_checkpoint(folder, core::silent_log());
    auto learner = method();
    const auto loader = [this](const train::LoaderStart& start, const core::Log&) {
      data::LoaderConfig config{.batch_size = kBatchSize, .workers = 0, .seed = 5};
      start.apply_to(config);
      return open(task(task_of(start.stage)), config);
    };
    train::Trainer trainer(settings(folder), *learner, loader, std::move(watchers),
                           core::silent_log());
    if (checkpoint) trainer.resume(*checkpoint);
    trainer.run(stop);
    return learner;
  }

 private:
  static std::unique_ptr<data::Loader> open(const std::shared_ptr<const data::Dataset>& dataset,
                                            const data::LoaderConfig& config) {
    const std::vector parts{data::image_part({.image_size = {8, 8}, .augmented = false})};
    return std::make_unique<data::Loader>(dataset, parts, config, core::silent_log());
  }

  train::TrainerSettings settings(const std::filesystem::path& folder) const {
    train::TrainerSettings settings;
    std::vector<std::int64_t> steps;
    for (const auto& stage : outline(config_).own_stages) {
      settings.stages.epochs.push_back(stage.epochs);
      settings.stages.base_lr.push_back(stage.learning_rate * 256 / kBatchSize);
      steps.push_back(task(stage.task)->size() / kBatchSize);
    }
    settings.stages.count = std::ssize(steps);
    settings.schedule = {.warmup_epochs = 0, .unit = train::ScheduleUnit::epoch};
    settings.plan = train::make_plan(settings.schedule, settings.stages, steps, kBatchSize, {}, {});
    settings.train.batch_size = kBatchSize;
    settings.optimizer = {
        .kind = optim::OptimizerKind::adam, .weight_decay = 0, .betas = {0.9, 0.999}};
    settings.checkpoint = {.every_steps = 3, .every_epochs = 0, .keep = 2};
    settings.checkpoint_folder = folder;
    return settings;
  }

  methods::SupermaskConfig config_;
  std::shared_ptr<const data::Dataset> all_;
  std::vector<std::shared_ptr<const data::Dataset>> tasks_;
};

}  // namespace dbot::test
