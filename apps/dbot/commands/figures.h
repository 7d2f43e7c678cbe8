#pragma once

#include <string>

#include "dbot/eval/frozen/evaluation.h"
#include "dbot/run/pretrain/pretrain.h"

// Results as one JSON object on one line; keys: docs/command-line.md. What is not a number is null.
namespace dbot::app {

std::string figures(const run::PretrainSummary& summary);
std::string figures(const eval::Evaluation& evaluation, const std::string& model);

}  // namespace dbot::app
