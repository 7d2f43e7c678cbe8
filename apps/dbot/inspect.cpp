// dbot inspect: what is in a weights file, a checkpoint or a run.
#include <fmt/format.h>

#include <memory>

#include "apps/dbot/commands.h"
#include "apps/dbot/console.h"
#include "apps/dbot/inspect_report.h"
#include "dbot/core/error.h"
#include "dbot/report/table.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print_weights(const Json& json) {
  std::vector<std::vector<std::string>> rows{{"tensor", "type", "shape", "elements"}};
  for (const Json& tensor : json["tensors"]) {
    rows.push_back({shown(tensor["name"]), shown(tensor["type"]), shown(tensor["shape"]),
                    shown(tensor["elements"])});
  }
  print(report::text_table(rows));
  for (const auto& [key, value] : json["metadata"].items()) {
    print_line(fmt::format("{}: {}", key, shown(value)));
  }
  print_line(fmt::format("{} tensors, {} parameters, {} bytes", json["tensors"].size(),
                         shown(json["parameters"]), shown(json["bytes"])));
}

std::string checkpoint_line(const Json& json) {
  const std::string name = fs::path(shown(json["path"])).filename().string();
  if (!json["whole"].get<bool>()) {
    return fmt::format("{}  broken: {}", name, shown(json["problem"]));
  }
  return fmt::format("{}  whole: step {}, stage {}, {} images seen{}", name, shown(json["step"]),
                     shown(json["stage"]), shown(json["images_seen"]),
                     json["stage_end"].get<bool>() ? ", end of its stage" : "");
}

void print_run(const Json& json) {
  print_line(fmt::format("run {}", shown(json["path"])));
  print_line("recipe, where it differs from the defaults:");
  for (const Json& difference : json["recipe_differences"]) {
    print_line("  " + shown(difference));
  }
  print_line("progress:");
  for (const auto& [key, value] : json["progress"].items()) {
    print_line(fmt::format("  {}: {}", key, shown(value)));
  }
  print_line(fmt::format("checkpoints: {}", json["checkpoints"].size()));
  for (const Json& checkpoint : json["checkpoints"]) {
    print_line("  " + checkpoint_line(checkpoint));
  }
  for (const Json& row : json["evaluations"]) {
    print_line(fmt::format("{}: {} {} top-1 {:.2f} %", shown(row["label"]), shown(row["protocol"]),
                           shown(row["features"]),
                           row["top1"].is_null() ? 0.0 : row["top1"].get<double>()));
  }
  print_line(fmt::format("weights: {}",
                         json["model"].is_null() ? "not written yet" : shown(json["model"])));
}

void inspect(const fs::path& path, bool as_json) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw DataError(
        fmt::format("[inspect] {} does not exist, expected a weights file, a checkpoint "
                    "or a run folder",
                    path.string()));
  }
  const bool folder = fs::is_directory(path);
  const bool is_run = folder && fs::exists(path / "recipe.toml");
  if (folder && !is_run && !fs::exists(path / "manifest.json")) {
    throw DataError(
        fmt::format("[inspect] {} is neither a run (recipe.toml) nor a checkpoint "
                    "(manifest.json)",
                    path.string()));
  }
  const Json json = !folder  ? describe_weights(path)
                    : is_run ? describe_run(path)
                             : describe_checkpoint(path);
  if (as_json) return print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!folder) return print_weights(json);
  if (is_run) return print_run(json);
  print_line(checkpoint_line(json));
}

}  // namespace

void add_inspect(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("inspect", "Show what is in a weights file, checkpoint or run");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("PATH", *path, "Weights file, checkpoint folder or run folder")->required();
  command->add_flag("--json", *json, "Print everything as one JSON object");
  command->callback([&line, path, json] { line.action = [path, json] { inspect(*path, *json); }; });
}

}  // namespace dbot::app
