#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/dbot/commands/evaluate/wanted_labels.h"
#include "apps/dbot/commands/model_argument.h"

// dbot evaluate finetune: a run that trains a whole network on labels.
namespace dbot::app {

/// The options of a run beside those of a model.
struct FinetuneArguments {
  std::string recipe = "finetune/small", out, epochs;
  std::vector<std::string> settings;
  bool from_scratch = false, resume = false;
};

/// What both kinds of evaluation know.
struct EvaluatedData {
  std::string data, leave_out;
  WantedLabels labels;
  std::int64_t seed = 0;
};

/// Composes the recipe and trains. Throws Stopped with the command that goes on.
void finetune(const ModelArguments& model, const EvaluatedData& data,
              const FinetuneArguments& arguments, bool json, const std::vector<std::string>& words);

}  // namespace dbot::app
