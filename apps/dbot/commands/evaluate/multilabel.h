#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/dbot/commands/evaluate/evaluated_data.h"
#include "apps/dbot/commands/evaluate/frozen.h"
#include "apps/dbot/commands/model_argument.h"

// dbot evaluate thresholds, and linear --multi-label: samples with several labels each.
namespace dbot::app {

/// The options that these alone have.
struct MultilabelArguments {
  std::string scores;  // a table, eval/multilabel/score_table.h
  std::string policy;  // of thresholds.json; empty: learned
  bool wanted = false;
};

void add_multilabel(CLI::App& command, MultilabelArguments& arguments);

/// Shows how good each policy's thresholds are on somebody's scores, and keeps those of one in
/// `out`, thresholds.json, if it is named.
void evaluate_thresholds(const MultilabelArguments& arguments, const std::string& out, bool json);

/// The same of a linear classifier on frozen features; the labels are those of a list.
void evaluate_linear_labels(const ModelArguments& model, const EvaluatedData& asked,
                            const MultilabelArguments& arguments, bool json);

}  // namespace dbot::app
