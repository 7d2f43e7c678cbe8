#pragma once

#include <string>
#include <vector>

#include "apps/dbot/commands/evaluate/evaluated_data.h"
#include "apps/dbot/commands/model_argument.h"

// dbot evaluate finetune: a run that trains a whole network on labels.
namespace dbot::app {

/// The options of a run that no other evaluation has.
struct FinetuneArguments {
  std::string recipe;  // empty: finetune/small, for a network of clips finetune/clips
  std::vector<std::string> settings;
  bool from_scratch = false, resume = false;
};

/// Composes the recipe and trains. Throws Stopped with the command that goes on.
void finetune(const ModelArguments& model, const EvaluatedData& data,
              const FinetuneArguments& arguments, bool json, const std::vector<std::string>& words);

}  // namespace dbot::app
