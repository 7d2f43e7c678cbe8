// Kinds of optimizers in recipes: each has keys and defaults of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/settings/settings.h"
#include "dbot/run/facts/memory_plan.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {
namespace {

using optim::OptimizerKind;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLength = "[schedule]\nepochs = 10\nwarmup_epochs = 1\n";

Recipe recipe_of(const std::string& optimizer, const std::vector<std::string>& assignments = {}) {
  return parse_recipe(kLength + ("[optimizer]\n" + optimizer), "test.toml", assignments);
}

/// What a refusal says; empty if there is none.
std::string refusal_of(const std::string& optimizer,
                       const std::vector<std::string>& assignments = {}) {
  try {
    recipe_of(optimizer, assignments);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(OptimizerKeys, AdamWIsTheDefaultAndItsDocumentsStayAsTheyWere) {
  const Recipe recipe = recipe_of("base_lr = 1e-3\n");
  EXPECT_EQ(recipe.optimizer.kind, OptimizerKind::adamw);
  EXPECT_THAT(to_toml(recipe), HasSubstr("[optimizer]\nbase_lr = 0.001\nweight_decay = 0.05\n"
                                         "betas = [0.9, 0.95]\neps = 1e-08\nclip_norm = 0.0\n"));
  EXPECT_EQ(to_toml(recipe_of("kind = \"adamw\"\nbase_lr = 1e-3\n")), to_toml(recipe));
}

TEST(OptimizerKeys, EachKindHasDefaultsAndReadsBack) {
  for (const std::string& name : optim::optimizer_kinds()) {
    const Recipe recipe = recipe_of("kind = \"" + name + "\"\n");
    EXPECT_EQ(optim::optimizer_kinds()[static_cast<std::size_t>(recipe.optimizer.kind)], name);
    EXPECT_EQ(recipe.optimizer.weight_decay, name == "adamw" ? 0.05 : 0.0);
    EXPECT_EQ(to_toml(read_recipe(to_toml(recipe), "again.toml")), to_toml(recipe));
  }
  EXPECT_EQ(recipe_of("kind = \"adam\"").optimizer.betas, (std::vector<double>{0.9, 0.999}));
  EXPECT_THAT(to_toml(recipe_of("kind = \"sgd\"\nnesterov = true")),
              AllOf(HasSubstr("kind = \"sgd\""), HasSubstr("momentum = 0.9"),
                    HasSubstr("nesterov = true"), Not(HasSubstr("betas"))));
}

TEST(OptimizerKeys, AKeyOfAnotherKindIsRefusedByName) {
  EXPECT_EQ(refusal_of("momentum = 0.9"),
            "test.toml:5: optimizer.momentum belongs to optimizer.kind \"sgd\" or \"lars\", and it "
            "is \"adamw\" here");
  EXPECT_THAT(refusal_of("kind = \"lars\"\nnesterov = true"),
              AllOf(HasSubstr("optimizer.nesterov belongs to optimizer.kind \"sgd\""),
                    HasSubstr("\"lars\" here")));
  EXPECT_THAT(refusal_of("kind = \"sgd\"\neps = 1e-8"),
              HasSubstr("belongs to optimizer.kind \"adamw\" or \"adam\""));
  EXPECT_THAT(refusal_of("", {"optimizer.trust_coefficient=0.01"}),
              HasSubstr("optimizer.trust_coefficient belongs to optimizer.kind \"lars\""));
  EXPECT_THAT(refusal_of("kind = \"rmsprop\""), HasSubstr("expected one of \"adamw\""));
  EXPECT_THAT(refusal_of("kind = \"sgd\"\nmomentum = 0.0\nnesterov = true"),
              HasSubstr("optimizer.momentum is 0"));
}

TEST(OptimizerKeys, AKindChosenByAssignmentBeginsWithItsOwnDefaults) {
  const std::string document = "base_lr = 1e-3\nbetas = [0.8, 0.9]\nclip_norm = 3.0\n";
  const Recipe sgd = recipe_of(document, {"optimizer.momentum=0.5", "optimizer.kind=sgd"});
  EXPECT_EQ(sgd.optimizer.kind, OptimizerKind::sgd);
  EXPECT_EQ(sgd.optimizer.momentum, 0.5);
  EXPECT_EQ(sgd.optimizer.base_lr, optim::default_config(OptimizerKind::sgd).base_lr);
  EXPECT_EQ(sgd.optimizer.weight_decay, 0);
  EXPECT_EQ(sgd.optimizer.clip_norm, 3.0);
  const Recipe same = recipe_of(document, {"optimizer.kind=adamw"});
  EXPECT_EQ(same.optimizer.base_lr, 1e-3);
  EXPECT_EQ(same.optimizer.betas, (std::vector<double>{0.8, 0.9}));
  EXPECT_THAT(refusal_of(document, {"optimizer.kind=sgd", "optimizer.eps=1e-6"}),
              HasSubstr("optimizer.eps belongs to"));
}

TEST(OptimizerKeys, TheMemoryPlanKnowsWhatEachKindKeeps) {
  const auto moments = [](const std::string& optimizer) {
    return plan_memory(recipe_of(optimizer), {}).moments;
  };
  const double gradients = plan_memory(recipe_of(""), {}).gradients;
  EXPECT_EQ(moments(""), 2 * gradients);
  EXPECT_EQ(moments("kind = \"adam\""), 2 * gradients);
  EXPECT_EQ(moments("kind = \"lars\""), gradients);
  EXPECT_EQ(moments("kind = \"sgd\""), gradients);
  EXPECT_EQ(moments("kind = \"sgd\"\nmomentum = 0"), 0);
}

TEST(OptimizerKeys, TheMemoryPlanOfEverySystemGoesByTheKind) {
  for (const std::string& kind : methods::catalogue::kinds()) {
    const auto plan = [&](const std::string& optimizer) {
      std::vector<std::string> assignments{"method.kind=" + kind, "optimizer.kind=" + optimizer,
                                           "optimizer.weight_decay=0"};
      if (kind == "mixture_separation") {
        assignments.insert(assignments.end(), {"start.init=random", "objective.distillation=0"});
      }
      // Its tasks say how long they are.
      if (kind == "supermask_tasks") assignments.emplace_back("schedule.epochs=0");
      if (kind == "policy_multilabel") {
        assignments.insert(assignments.end(), {"stages.count=2", "train.batch_size=120"});
      }
      return plan_memory(recipe_of("", assignments), {});
    };
    EXPECT_EQ(plan("adamw").moments, 2 * plan("sgd").moments) << kind;
    EXPECT_GT(plan("sgd").moments, 0) << kind;
  }
}

}  // namespace
}  // namespace dbot::run
