// dbot inspect: what is in a weights file, a checkpoint or a run.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/inspect_report.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"
#include "dbot/train/checkpoint/checkpoint.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

double number(const Json& value) {
  return value.is_number() ? value.get<double>() : 0;
}

/// Tensors that differ in the number of their block alone are one line: "blocks.0…11.norm1.weight".
struct TensorLine {
  std::string before, after;  // of the number; `after` is empty without one
  std::string type, shape;
  std::string first, last;  // numbers
  std::int64_t tensors = 0;
  double elements = 0;

  explicit TensorLine(const Json& tensor)
      : before(shown(tensor["name"])),
        type(shown(tensor["type"])),
        shape(shown(tensor["shape"])),
        tensors(1),
        elements(number(tensor["elements"])) {
    const auto begin = before.find_first_of("0123456789");
    if (begin == std::string::npos || begin == 0 || before[begin - 1] != '.') return;
    const auto end = before.find('.', begin);
    if (end == std::string::npos) return;
    first = last = before.substr(begin, end - begin);
    after = before.substr(end);
    before.erase(begin);
  }

  bool takes(const TensorLine& other) const {
    return !after.empty() && before == other.before && after == other.after && type == other.type &&
           shape == other.shape;
  }
  std::string name() const { return before + (first == last ? first : first + "…" + last) + after; }
};

std::vector<TensorLine> tensor_lines(const Json& tensors) {
  std::vector<TensorLine> lines;
  for (const Json& tensor : tensors) {
    TensorLine line(tensor);
    const auto same = std::find_if(lines.begin(), lines.end(),
                                   [&line](const TensorLine& known) { return known.takes(line); });
    if (same == lines.end()) {
      lines.push_back(std::move(line));
      continue;
    }
    same->tensors += line.tensors;
    same->elements += line.elements;
    // Names stand in the order of texts: 10 before 2.
    if (std::stoll(line.last) > std::stoll(same->last)) same->last = line.last;
    if (std::stoll(line.first) < std::stoll(same->first)) same->first = line.first;
  }
  return lines;
}

/// Without the places that only tensors stood in.
Json without_empty(const Json& value) {
  if (!value.is_object()) return value;
  Json result = Json::object();
  for (const auto& [key, entry] : value.items()) {
    Json shorter = without_empty(entry);
    if (!shorter.is_structured() || !shorter.empty()) result[key] = std::move(shorter);
  }
  return result;
}

/// Arguments, counters and whatever else is no tensor, one line for each key of the file's root.
void print_values(const Json& values) {
  constexpr std::size_t kShown = 120;
  const Json shorter = without_empty(values);
  for (const auto& [key, value] : shorter.items()) {
    std::string text = shown(value);
    if (text.size() > kShown) text = text.substr(0, kShown) + "…";
    print_line(report::printable(fmt::format("{}: {}", key, text)));
  }
}

/// Published weights that these were made from, or that taught them.
void print_sources(const Json& sources) {
  if (!sources.is_array()) return;
  for (const Json& source : sources) {
    if (!source.is_object()) continue;
    print_line(report::printable(fmt::format("source: licence {}, sha256 {}",
                                             shown(source.value("license", Json("not named"))),
                                             shown(source.value("sha256", Json("not known"))))));
  }
}

void print_weights(const Json& json) {
  std::vector<std::vector<std::string>> rows{{"tensor", "type", "shape", "times", "parameters"}};
  for (const TensorLine& line : tensor_lines(json["tensors"])) {
    rows.push_back({report::printable(line.name()), line.type, line.shape,
                    line.tensors > 1 ? std::to_string(line.tensors) : "",
                    report::grouped(static_cast<std::int64_t>(line.elements))});
  }
  print(report::text_table(rows) + "\n");
  std::vector<std::vector<std::string>> modules{{"module", "tensors", "parameters", "size"}};
  for (const Json& module : json["modules"]) {
    modules.push_back({report::printable(shown(module["name"])), shown(module["tensors"]),
                       report::count_text(number(module["parameters"])),
                       report::bytes_text(number(module["bytes"]))});
  }
  print(report::text_table(modules) + "\n");
  for (const auto& [key, value] : json["metadata"].items()) {
    print_line(report::printable(fmt::format("{}: {}", key, shown(value))));
  }
  print_sources(json["sources"]);
  print_values(json["values"]);
  if (!json["not_finite"].empty()) {
    print_line(report::printable(fmt::format(
        "not finite: {} of {} tensors hold NaN or infinity, first {}", json["not_finite"].size(),
        json["tensors"].size(), shown(json["not_finite"].front()))));
  }
  for (const Json& tensor : json["unread"]) {
    print_line(report::printable(
        fmt::format("not read: {}: {}", shown(tensor["name"]), shown(tensor["reason"]))));
  }
  print_line(fmt::format("{}: {} tensors, {} parameters, {}", shown(json["container"]),
                         json["tensors"].size(), report::count_text(number(json["parameters"])),
                         report::bytes_text(number(json["bytes"]))));
}

/// "weights 2.09 MB, gradients 2.06 MB": an object of sizes.
std::string sizes_text(const Json& sizes) {
  std::string text;
  for (const auto& [key, value] : sizes.items()) {
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", key, report::bytes_text(number(value)));
  }
  return text;
}

void print_facts(const Json& facts) {
  // Whatever a newer program adds is shown too.
  for (const auto& [section, value] : facts.items()) {
    if (!value.is_object()) {
      print_line(report::printable(fmt::format("{:<12}{}", section, shown(value))));
      continue;
    }
    std::string text;
    for (const auto& [key, entry] : value.items()) {
      const bool bytes = key.ends_with("bytes") && entry.is_number();
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key,
                          bytes               ? report::bytes_text(number(entry))
                          : entry.is_object() ? "(" + sizes_text(entry) + ")"
                                              : shown(entry));
    }
    print_line(report::printable(fmt::format("{:<12}{}", section, text)));
  }
}

std::string checkpoint_line(const Json& json) {
  const std::string name = fs::path(shown(json["path"])).filename().string();
  if (!json["whole"].get<bool>()) {
    return report::printable(fmt::format("{}  broken: {}", name, shown(json["problem"])));
  }
  return fmt::format("{}  whole, {}: step {}, stage {}, {} images seen{}", name,
                     report::bytes_text(number(json["bytes"])), shown(json["step"]),
                     shown(json["stage"]), shown(json["images_seen"]),
                     json["stage_end"].get<bool>() ? ", end of its stage" : "");
}

void print_checkpoint(const Json& json) {
  print_line(checkpoint_line(json));
  if (!json.contains("files")) return;
  for (const Json& file : json["files"]) {
    print_line(fmt::format("  {:<24}{:>10}", shown(file["name"]),
                           report::bytes_text(number(file["bytes"]))));
  }
}

void print_checkpoints(const Json& json) {
  for (const Json& checkpoint : json["checkpoints"]) print_line(checkpoint_line(checkpoint));
  print_line(fmt::format("{} checkpoints; latest: {}", json["checkpoints"].size(),
                         json["latest"].is_null() ? "none" : shown(json["latest"])));
}

void print_run(const Json& json) {
  print_line(fmt::format("run {}", shown(json["path"])));
  print_line("recipe, where it differs from the defaults:");
  for (const Json& difference : json["recipe_differences"]) {
    print_line("  " + shown(difference));
  }
  if (json["facts"].is_object()) {
    print_line("what it set out to do:");
    print_facts(json["facts"]);
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

Json describe(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return path.filename() == "run.json" ? describe_facts(path) : describe_weights(path);
  }
  if (fs::exists(path / "recipe.toml")) return describe_run(path);
  if (fs::exists(path / "manifest.json")) return describe_checkpoint(path);
  if (!train::list_checkpoints(path).empty()) return describe_checkpoints(path);
  if (fs::exists(path / "config.json")) {
    return describe_weights(exchange::resolve_model_path(path));
  }
  if (holds_runs(path)) throw_no_run(path, "inspect");
  throw DataError(
      {.operation = "inspect",
       .subject = path.string(),
       .fault = Fault::unsupported,
       .reason = "is neither a run (recipe.toml), nor a checkpoint (manifest.json), nor a folder "
                 "of checkpoints (step-…), nor one of weights (config.json)"});
}

void inspect(const fs::path& path, bool as_json) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw DataError(
        {.operation = "inspect",
         .subject = path.string(),
         .fault = Fault::missing,
         .reason = "does not exist, expected a weights file, a checkpoint or a run folder"});
  }
  const Json json = describe(path);
  if (as_json) return print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  const std::string kind = shown(json["kind"]);
  if (kind == "weights") return print_weights(json);
  if (kind == "run") return print_run(json);
  if (kind == "checkpoint") return print_checkpoint(json);
  if (kind == "checkpoints") return print_checkpoints(json);
  print_facts(json["facts"]);
}

}  // namespace

void add_inspect(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("inspect", "Show what is in a weights file, checkpoint or run");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command
      ->add_option(
          "PATH", *path,
          "Weights file (.safetensors, .pth, …), checkpoint or folder of them, run folder, "
          "run.json")
      ->required()
      ->check(not_empty())
      ->type_name("PATH");
  add_json(*command, *json);
  command->callback([&line, path, json] { line.action = [path, json] { inspect(*path, *json); }; });
}

}  // namespace dbot::app
