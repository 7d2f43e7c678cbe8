#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "dbot/data/sources/open.h"
#include "dbot/eval/kinds/feature_kinds.h"

// What the commands that compute one kind of features for every image have in common.
namespace dbot::app {

struct FeatureArguments {
  std::string data, leave_out, blocks, features = "mean", split = "train";
  bool videos = false;  // the data are videos
};

/// Declares --data, --features, --blocks, --split and --leave-out.
void add_features(CLI::App& command, FeatureArguments& arguments, const char* features_text);

/// The kind and the blocks that are asked for; with `all`, the network's own kinds as well. Throws
/// UsageError naming `command`.
eval::FeatureChoice feature_choice(const char* command, const FeatureArguments& arguments,
                                   bool all);

/// The images. A stop ends the search for them.
std::shared_ptr<const data::Dataset> open_data(const FeatureArguments& arguments);

/// Throws UsageError for a part that there is none of.
void check_part(const FeatureArguments& arguments);

}  // namespace dbot::app
