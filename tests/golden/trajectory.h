#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/optim/adamw.h"
#include "dbot/runtime/process_group/group.h"
#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

/// What an official training run recorded: settings of the loop, apart from those of the method.
struct Schedule {
  explicit Schedule(const nlohmann::json& config);

  std::int64_t epochs, micro_per_epoch, accumulate;
  std::vector<double> boundaries;  // epochs, from 0 to the end of the last stage
  double peak, minimum, warmup;
  optim::OptimizerConfig optimizer;
};

/// Follows a recorded run step by step through the product's own method, optimizer and schedule.
class Trajectory {
 public:
  /// `keep_optimizer`: moments survive a stage switch; results are compared with the tensors
  /// "out.…" and "opt.…", otherwise with "reset.…". Each of `group` makes its share of a batch.
  Trajectory(const Fixture& fixture, methods::MaskedModelingConfig config, bool keep_optimizer,
             Comparison& comparison, runtime::Group& group);
  void run();

 private:
  void load_start();
  /// Adds this rank's share of a micro-batch to the gradients; the loss of the whole.
  double add_micro_batch(std::int64_t number);
  void optimizer_step(double rate);
  void switch_stage();
  void compare_end();
  std::string name(const std::string& what) const { return prefix_ + what; }

  const Fixture& fixture_;
  Schedule schedule_;
  methods::MaskedModelingConfig config_;
  bool keep_optimizer_;
  Comparison& comparison_;
  runtime::Group& group_;
  std::string prefix_;
  methods::MaskedModeling method_;
  std::int64_t stage_ = 0;
  std::vector<optim::AdamW> optimizer_;  // one, made when the first student is
  std::vector<double> losses_, norms_, rates_;
};

/// The trajectory by one process, and again by two, each of which makes one half of every batch.
void check_trajectory(const Fixture& fixture, const methods::MaskedModelingConfig& config,
                      bool keep_optimizer, Comparison& comparison);

/// The method's settings that MAE and dBOT share: networks, mask, depths of all stages' students.
methods::MaskedModelingConfig method_config(const Fixture& fixture);

}  // namespace dbot::golden
