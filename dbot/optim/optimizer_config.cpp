#include "dbot/optim/optimizer_config.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "dbot/core/settings/ranges.h"

namespace dbot::optim {
namespace {

using core::above;
using core::at_least;
using core::below;
using enum OptimizerKind;

constexpr const char* kKindKey = "optimizer.kind";

std::string quoted(OptimizerKind kind) {
  return "\"" + optimizer_kinds()[static_cast<std::size_t>(kind)] + "\"";
}

/// Refuses the key unless `kind` is one of `owners`.
void belongs_to(core::Settings& settings, const char* key, OptimizerKind kind,
                std::initializer_list<OptimizerKind> owners) {
  if (std::ranges::find(owners, kind) != owners.end()) return;
  std::string names;
  for (const OptimizerKind owner : owners) names += (names.empty() ? "" : " or ") + quoted(owner);
  settings.refuse(key, std::string("belongs to ") + kKindKey + " " + names + ", and it is " +
                           quoted(kind) + " here");
}

}  // namespace

OptimizerConfig default_config(OptimizerKind kind) {
  OptimizerConfig config{.kind = kind};
  if (kind == adamw) return config;
  config.weight_decay = 0;
  config.betas = {0.9, 0.999};
  if (kind == sgd) config.base_lr = 0.03;
  if (kind == lars) config.base_lr = 0.1;
  return config;
}

const std::vector<std::string>& optimizer_kinds() {
  static const std::vector<std::string> kinds{"adamw", "adam", "sgd", "lars"};
  return kinds;
}

void bind(core::Settings& settings, OptimizerConfig& config) {
  const auto only = [&, kind = config.kind](const char* key,
                                            std::initializer_list<OptimizerKind> owners) {
    belongs_to(settings, key, kind, owners);
  };
  settings.add_optional_choice(
      kKindKey,
      {[&config] { return static_cast<int>(config.kind); },
       [&config](int kind) { config.kind = static_cast<OptimizerKind>(kind); }, optimizer_kinds()},
      "How gradients move the parameters; each kind has keys and defaults of its own.");
  settings.add("optimizer.base_lr", config.base_lr, at_least(0, 1e3), "",
               "Peak learning rate for 256 images a step; scaled linearly with batch_size × "
               "accumulate.");
  settings.add("optimizer.weight_decay", config.weight_decay, at_least(0, 1e3), "",
               "Decay of matrices, not of biases and gains: AdamW takes it off the values, the "
               "others add it to the gradient.");
  settings.add("optimizer.betas", config.betas, below(0, 1), "",
               "AdamW's and Adam's averaging of gradients and of their squares.");
  only("optimizer.betas", {adamw, adam});
  settings.add("optimizer.eps", config.eps, above(0, 1), "", "AdamW's and Adam's epsilon.");
  only("optimizer.eps", {adamw, adam});
  settings.add("optimizer.momentum", config.momentum, below(0, 1), "",
               "SGD's and LARS' share of the steps before; 0: none.");
  only("optimizer.momentum", {sgd, lars});
  settings.add("optimizer.nesterov", config.nesterov, "SGD looks ahead along its momentum.");
  only("optimizer.nesterov", {sgd});
  settings.add(
      "optimizer.trust_coefficient", config.trust_coefficient, above(0, 1e3), "",
      "LARS' step of each matrix as a share of the matrix' norm, at a learning rate of 1.");
  only("optimizer.trust_coefficient", {lars});
  settings.add("optimizer.clip_norm", config.clip_norm, at_least(0, 1e12), "",
               "Largest norm of all gradients together; 0: no clipping.");
  settings.add_choice("optimizer.shard", config.shard, {"auto", "on", "off"},
                      "Of several processes each keeps and updates one share of the moments, with "
                      "the same bits; auto: where it can be.");
  only("optimizer.shard", {adamw, adam, sgd});
}

OptimizerCost cost_of(const OptimizerConfig& config) {
  constexpr double kFloat = 4;  // bytes
  const bool adaptive = config.kind == adamw || config.kind == adam;
  const bool plain = config.kind == sgd && config.momentum == 0;
  const double moments = adaptive ? 2 : plain ? 0 : 1;
  // The gradients are read for their norm; LARS reads them and the values for its own.
  const double norms = config.kind == lars ? 3 : 1;
  // Values, moments and gradients are read and written.
  return {.moments = moments, .bytes = kFloat * (norms + 2 * (2 + moments))};
}

}  // namespace dbot::optim
