#pragma once

#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"

namespace dbot::optim {

enum class OptimizerKind { adamw, adam, sgd, lars };
/// Whether several processes divide the moments and the update among them; automatic: where it can
/// be.
enum class OptimizerShard { automatic, on, off };

/// The table `optimizer` of a recipe. Each kind uses some of it: see `bind`.
struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::adamw;
  double base_lr = 1.5e-4;  // per 256 images
  double weight_decay = 0.05;
  std::vector<double> betas{0.9, 0.95};
  double eps = 1e-8;
  double momentum = 0.9;
  bool nesterov = false;
  double trust_coefficient = 0.001;
  double clip_norm = 0;  // 0: no clipping
  OptimizerShard shard = OptimizerShard::automatic;
};

/// What a kind starts from where a recipe says nothing.
OptimizerConfig default_config(OptimizerKind kind);

/// As recipes spell them, in the order of the enumeration.
const std::vector<std::string>& optimizer_kinds();

/// Names the keys. Those that `config.kind` does not use are refused, in the name of the kinds that
/// do. `config` must outlive the settings.
void bind(core::Settings& settings, OptimizerConfig& config);

/// What a step costs for each trained parameter.
struct OptimizerCost {
  double moments = 0;  // float32 numbers of state, which a run keeps in memory
  double bytes = 0;    // read and written: gradient norm, update and clearing of the gradients
};
OptimizerCost cost_of(const OptimizerConfig& config);

}  // namespace dbot::optim
