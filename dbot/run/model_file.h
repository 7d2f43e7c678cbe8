#pragma once

#include <filesystem>
#include <vector>

#include "dbot/train/observer.h"

namespace dbot::run {

/// Writes the student's encoder to one file at the ends of stages and of the run: what a user takes
/// away. A run that was interrupted between a stage's last checkpoint and this file makes up for
/// it.
class ModelFile : public train::TrainObserver {
 public:
  /// `mean` and `std`: the pixel normalisation the encoder is trained with.
  ModelFile(std::filesystem::path path, std::vector<double> mean, std::vector<double> std);

  void on_begin(const train::Plan& plan, const train::TrainState& state,
                methods::Method& method) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state,
                    methods::Method& method) override;
  void on_end(const train::TrainState& state, methods::Method& method) override;

 private:
  void write(const methods::Method& method) const;

  std::filesystem::path path_;
  std::vector<double> mean_, std_;
};

}  // namespace dbot::run
