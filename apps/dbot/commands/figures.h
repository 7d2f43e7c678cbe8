#pragma once

#include <string>

#include "dbot/eval/frozen/evaluation.h"
#include "dbot/run/pretrain/pretrain.h"

// Results as one JSON object on one line; keys: docs/command-line.md. What is not a number is null.
namespace dbot::app {

std::string figures(const run::PretrainSummary& summary);

/// What an evaluation was asked, beside the data.
struct EvaluationQuestion {
  std::string model;
  std::string labels;  // "10% of the labels"
  std::string out;     // folder of results; empty: none is kept
};
std::string figures(const eval::Evaluation& evaluation, const EvaluationQuestion& question);

}  // namespace dbot::app
