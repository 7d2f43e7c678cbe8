// dbot data split: a data set divided into training and test, reproducibly.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/audit/data_split.h"
#include "dbot/report/terminal/count_progress.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"

namespace dbot::app {
namespace {

struct DataSplitArguments {
  std::string data, out, groups = "none", leave_out, seed = "0";
  double test = 0.1, val = 0;
  std::optional<std::int64_t> workers;
  bool by_class = false, links = false, json = false;
};

data::DataSplitOptions options_of(const DataSplitArguments& arguments) {
  if (arguments.groups != "none" && arguments.groups != "duplicates" &&
      arguments.groups != "near-duplicates") {
    throw UsageError(
        fmt::format("[data split] --groups is {}, expected none, duplicates or near-duplicates",
                    arguments.groups));
  }
  data::DataSplitOptions options;
  options.data = arguments.data;
  options.out = arguments.out;
  options.split = {arguments.test, arguments.val,
                   static_cast<std::uint64_t>(whole_number(arguments.seed, "--seed")),
                   arguments.by_class};
  options.keep_copies_together = arguments.groups != "none";
  if (arguments.groups == "duplicates") options.copies.distance = -1;
  options.leave_out = arguments.leave_out;
  options.links = arguments.links;
  options.workers = worker_count(arguments.workers, "data split");
  return options;
}

void print_json(const data::DataSplit& split) {
  nlohmann::ordered_json json{
      {"train", split.train},   {"val", split.val},
      {"test", split.test},     {"left_out", split.left_out},
      {"groups", split.groups}, {"written", nlohmann::ordered_json::array()}};
  for (const auto& path : split.written) json["written"].push_back(path.string());
  print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void split_data(const DataSplitArguments& arguments) {
  const auto options = options_of(arguments);
  const auto tell = report::counted_passes(progress_options(), complain_raw);
  const auto split = data::split_data_set(options, tell, stop_request(), console_log());
  if (arguments.json) return print_json(split);
  std::vector<std::vector<std::string>> rows{{"part", "images"},
                                             {"train", report::grouped(split.train)}};
  if (split.val > 0) rows.push_back({"val", report::grouped(split.val)});
  rows.push_back({"test", report::grouped(split.test)});
  if (split.left_out > 0) rows.push_back({"left out", report::grouped(split.left_out)});
  print(report::text_table(rows));
  for (const auto& path : split.written) print_line(path.string());
}

}  // namespace

void add_data_split(CommandLine& line, CLI::App& data) {
  CLI::App* command =
      data.add_subcommand("split", "Divide a folder of images into training and test");
  auto a = std::make_shared<DataSplitArguments>();
  const auto add = [command](const char* name, auto& value, const char* type, const char* text) {
    return command->add_option(name, value, text)->type_name(type);
  };
  add("DIR", a->data, "DIR", "Folder of images")->required()->check(not_empty());
  add("OUT", a->out, "DIR", "New folder for the lists")->required()->check(not_empty());
  add("--test", a->test, "FRACTION", "Share of the test part (default: 0.1)");
  add("--val", a->val, "FRACTION", "Share of the validation part (default: 0)");
  add("--seed", a->seed, "N", "Draws the parts (default: 0)");
  command->add_flag("--by-class", a->by_class, "The same shares of every class");
  add("--groups", a->groups, "none|duplicates|near-duplicates",
      "Copies that stay in one part (default: none); reads every image")
      ->check(not_empty());
  add("--leave-out", a->leave_out, "FILE", "Images to leave out: quarantine.txt of data check")
      ->check(not_empty());
  command->add_flag("--links", a->links, "Folders of symbolic links in place of lists");
  add("--workers", a->workers, "N", "Reading threads (default: all cores)");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { split_data(*a); }; });
}

}  // namespace dbot::app
