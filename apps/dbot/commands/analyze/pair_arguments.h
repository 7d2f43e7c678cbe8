#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apps/dbot/commands/model_argument.h"
#include "dbot/data/dataset.h"

// What the commands that mix pairs of images have in common.
namespace dbot::app {

struct PairArguments : ModelArguments {
  std::string data, leave_out;
  std::vector<double> lams;
  std::int64_t images = 2000, seed = 0, batch = 64;
  double intra_rate = 0;
  bool json = false;
};

/// Declares --data, --lam, --images, --intra-rate, --batch, --seed, --leave-out and --json.
void add_pairs(CLI::App& command, PairArguments& arguments, const char* images_text);

/// Throws UsageError for values that no measurement takes. `operation` names the command.
void check_pairs(const PairArguments& arguments, const char* operation);

/// What is fitted and what is reported on; of a set in one part a seeded fifth is held out.
struct PairParts {
  std::shared_ptr<const data::Dataset> train, test;
  std::string description;
};
PairParts open_parts(const PairArguments& arguments);

}  // namespace dbot::app
