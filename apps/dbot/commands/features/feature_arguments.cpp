#include "apps/dbot/commands/features/feature_arguments.h"

#include <fmt/format.h>

#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/options.h"
#include "dbot/core/error.h"

namespace dbot::app {

void add_features(CLI::App& command, FeatureArguments& arguments, const char* features_text) {
  const auto add = [&command](const char* name, std::string& value, const char* type,
                              const char* text) {
    return command.add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("--data", arguments.data, "PATH", "Images: a folder, list, tar, Parquet, pack or IDX")
      ->required();
  add("--features", arguments.features, "cls|mean|tokens", features_text);
  add("--blocks", arguments.blocks, "LIST",
      "Blocks whose features are joined: 12, or 3,6,9-12 (the last)");
  add("--split", arguments.split, "train|test|all", "Part of a divided data set (default: train)");
  add("--leave-out", arguments.leave_out, "FILE",
      "Images to leave out: quarantine.txt of data check");
}

eval::FeatureChoice feature_choice(const char* command, const FeatureArguments& arguments,
                                   bool all) {
  const auto kinds = eval::parse_feature_kinds(arguments.features);
  if (!kinds || kinds->size() != 1 || kinds->front() == "both") {
    throw UsageError(fmt::format("[{}] --features is {}, expected cls, mean, tokens or grid:N",
                                 command, arguments.features));
  }
  const auto blocks =
      arguments.blocks.empty() ? std::vector<std::int64_t>{} : eval::parse_blocks(arguments.blocks);
  if (!blocks) {
    throw UsageError(fmt::format(
        "[{}] --blocks is {}, expected rising numbers from 1 on, such as 12 or 3,6,9-12", command,
        arguments.blocks));
  }
  eval::FeatureChoice choice{.kinds = {kinds->front()}, .blocks = *blocks};
  if (all) choice.kinds.insert(choice.kinds.begin(), "both");
  return choice;
}

void check_part(const FeatureArguments& arguments) {
  static_cast<void>(data::parse_part(arguments.split, "--split"));
}

std::shared_ptr<const data::Dataset> open_data(const FeatureArguments& arguments) {
  const data::Part part = data::parse_part(arguments.split, "--split");
  const core::Log log = console_log();
  return data::open_part(
      arguments.data, part,
      {.log = log,
       .stop = &stop_request(),
       .choice = {.leave_out = arguments.leave_out},
       .content = arguments.videos ? data::Content::videos : data::Content::images});
}

}  // namespace dbot::app
