#include "dbot/optim/optimizer_config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/settings/settings.h"

namespace dbot::optim {
namespace {

/// Whether the key of a configuration of this kind takes the value.
bool takes(OptimizerKind kind, const std::string& assignment) {
  OptimizerConfig config = default_config(kind);
  core::Settings settings;
  bind(settings, config);
  try {
    settings.read_assignment(assignment);
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

TEST(OptimizerKeys, TakeWhatAnOptimizerCanUseAlone) {
  struct Limits {
    OptimizerKind kind;
    const char* key;
    std::vector<const char*> sound, refused;
  };
  const std::vector<Limits> all{
      {OptimizerKind::adamw, "optimizer.base_lr", {"0", "1e-4", "1000"}, {"-1e-9", "1001", "nan"}},
      {OptimizerKind::sgd, "optimizer.weight_decay", {"0", "0.05"}, {"-0.1"}},
      {OptimizerKind::adamw, "optimizer.betas", {"[0, 0.95]", "[0.9, 0.999]"}, {"[0.9, 1.0]"}},
      {OptimizerKind::adam, "optimizer.eps", {"1e-8", "0.5"}, {"0", "-1e-8"}},
      {OptimizerKind::sgd, "optimizer.momentum", {"0", "0.9", "0.999"}, {"1", "1.5", "-0.1"}},
      {OptimizerKind::lars, "optimizer.trust_coefficient", {"1e-3", "0.02"}, {"0", "-1"}},
      {OptimizerKind::lars, "optimizer.clip_norm", {"0", "3"}, {"-1"}},
  };
  for (const auto& [kind, key, sound, refused] : all) {
    for (const char* value : sound) {
      EXPECT_TRUE(takes(kind, std::string(key) + "=" + value)) << key << " " << value;
    }
    for (const char* value : refused) {
      EXPECT_FALSE(takes(kind, std::string(key) + "=" + value)) << key << " " << value;
    }
  }
}

TEST(OptimizerKeys, AreRefusedBesideAnotherKind) {
  EXPECT_FALSE(takes(OptimizerKind::sgd, "optimizer.betas=[0.9, 0.95]"));
  EXPECT_FALSE(takes(OptimizerKind::adamw, "optimizer.momentum=0.9"));
  EXPECT_FALSE(takes(OptimizerKind::sgd, "optimizer.trust_coefficient=0.1"));
  EXPECT_FALSE(takes(OptimizerKind::lars, "optimizer.nesterov=true"));
}

}  // namespace
}  // namespace dbot::optim
