#pragma once

#include <filesystem>

#include "dbot/core/log.h"
#include "dbot/core/patience.h"
#include "dbot/train/observer.h"

namespace dbot::run {

/// Writes the backbone to one file at the ends of stages and of the run: what a user takes
/// away. A stage that is not the last of the plan also leaves stage-N.safetensors beside it, so
/// that no stage's weights are lost to the next one's. A run that was interrupted between a stage's
/// last checkpoint and this file makes up for it. Where a stage that is not the last ends and the
/// file cannot be written, that is a warning; at the run's end it is tried as long as there is
/// patience, and then an Error.
class ModelFile : public train::TrainObserver {
 public:
  explicit ModelFile(std::filesystem::path path, core::Log log = core::silent_log(),
                     core::Patience patience = {});

  void on_begin(const train::Plan& plan, const train::TrainState& state,
                methods::Method& method) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state,
                    methods::Method& method) override;
  void on_plan(const train::Plan& plan, const train::TrainState&) override {
    last_stage_ = plan.stages() - 1;
  }
  void on_end(const train::TrainState& state, methods::Method& method) override;

 private:
  void write_or_warn(const std::filesystem::path& path, const methods::Method& method);
  void write_or_fail(const methods::Method& method);

  std::filesystem::path path_;
  core::Log log_;
  core::Patience patience_;
  std::int64_t last_stage_ = 0;
  bool is_written_ = false;  // the newest stage's weights
};

}  // namespace dbot::run
