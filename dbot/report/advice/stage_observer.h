#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/report/advice/stage_gain.h"
#include "dbot/train/observer.h"

namespace dbot::report {

/// What is known of the labels that evaluations go by.
struct KnownClasses {
  std::string doubt = {};  // why they may say nothing of the images
  double chance = std::numeric_limits<double>::quiet_NaN();  // percent
};

/// Says at the end of each stage behind the first what it added to the one before, and whether
/// another is worth making. It goes by what stands in the run's folder alone: metrics.jsonl and
/// pictures/. So a run that goes on from a stage's end comes to the same answer.
class StageObserver : public train::TrainObserver {
 public:
  /// Stands behind the observers that evaluate and draw.
  StageObserver(std::filesystem::path run, KnownClasses classes, core::Log log);

  void on_begin(const train::Plan& plan, const train::TrainState& state,
                methods::Method& method) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state,
                    methods::Method& method) override;

  /// False where the stage that has ended, counted from 0, was measured and did not pay; the log is
  /// told why. True for the first.
  bool makes_next_stage(std::int64_t stage) const;
  /// Of the whole run so far.
  std::vector<StageGain> gains() const;

 private:
  Observed observed() const;

  std::filesystem::path run_;
  KnownClasses classes_;
  core::Log log_;
};

}  // namespace dbot::report
