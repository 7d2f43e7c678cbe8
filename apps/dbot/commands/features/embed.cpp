// dbot embed: the features of every image, in a file for other tools.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/model_argument.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/sources/open.h"
#include "dbot/eval/frozen/embedding.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/eval/kinds/feature_memory.h"
#include "dbot/runtime/machine.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string data, out, leave_out, blocks, features = "mean", split = "train";
  bool json = false, force = false;
};

/// cls and mean, and what else is asked for.
eval::FeatureChoice checked_choice(const Arguments& arguments) {
  const auto kinds = eval::parse_feature_kinds(arguments.features);
  if (!kinds || kinds->size() != 1 || kinds->front() == "both") {
    throw UsageError(fmt::format("[embed] --features is {}, expected cls, mean, tokens or grid:N",
                                 arguments.features));
  }
  const auto blocks =
      arguments.blocks.empty() ? std::vector<std::int64_t>{} : eval::parse_blocks(arguments.blocks);
  if (!blocks) {
    throw UsageError(fmt::format(
        "[embed] --blocks is {}, expected rising numbers from 1 on, such as 12 or 3,6,9-12",
        arguments.blocks));
  }
  return {.kinds = {"both", kinds->front()}, .blocks = *blocks};
}

void check_out(const std::filesystem::path& out) {
  const auto extension = out.extension();
  if (extension != ".safetensors" && extension != ".csv") {
    throw UsageError(
        fmt::format("[embed] --out is {}, expected a name that ends in .safetensors "
                    "(cls and mean, and --features) or .csv (--features alone)",
                    out.string()));
  }
}

void check_memory(const eval::ChosenFeatures& chosen, std::int64_t images) {
  eval::FeatureMemory memory{.images = images};
  for (std::size_t i = 0; i < chosen.names().size(); ++i) memory.widths.push_back(chosen.width(i));
  eval::check_feature_memory(memory, runtime::describe_machine().memory_bytes, console_log());
}

/// "grid:3" as it is called among the features: with the blocks behind it.
std::string asked_kind(const eval::ChosenFeatures& chosen, const std::string& asked) {
  const auto found = std::ranges::find_if(chosen.names(), [&](const std::string& name) {
    return name == asked || name.starts_with(asked + "@");
  });
  if (found == chosen.names().end()) {
    throw UsageError({.operation = "embed",
                      .subject = "--features " + asked,
                      .fault = Fault::unsupported,
                      .reason = fmt::format("is not there: the network has {}",
                                            fmt::join(chosen.names(), ", "))});
  }
  return *found;
}

nlohmann::ordered_json shapes_of(const eval::Features& features) {
  auto shapes = nlohmann::ordered_json::object();
  for (const auto& [kind, rows] : features.kinds) shapes[kind] = rows.sizes().vec();
  return shapes;
}

void embed(const Arguments& arguments) {
  const eval::FeatureChoice choice = checked_choice(arguments);
  const std::filesystem::path out = arguments.out;
  const data::Part part = data::parse_part(arguments.split, "--split");
  check_out(out);
  // Before the hours of an extraction, not after them.
  std::vector<std::filesystem::path> files{out};
  if (out.extension() != ".csv") files.push_back(eval::names_path(out));
  check_output_files("embed", files, arguments.force);
  const Model model = load_model(arguments);
  const auto dataset =
      data::open_part(arguments.data, part, console_log(), {.leave_out = arguments.leave_out});
  const eval::ChosenFeatures chosen(*model.encoder, choice);
  const std::string asked_name = asked_kind(chosen, arguments.features);
  check_memory(chosen, dataset->size());
  const eval::Features features = eval::extract_features(
      eval::network_source(*model.encoder, chosen, model.extraction.precision), dataset,
      model.extraction, stop_request(), console_log());
  if (out.extension() == ".csv") {
    eval::write_embedding_csv(out, features, asked_name, *dataset);
  } else {
    eval::write_embedding(out, features, *dataset);
  }
  const auto count = static_cast<std::int64_t>(features.indices.size());
  if (arguments.json) {
    nlohmann::ordered_json json{{"out", out.string()},
                                {"images", count},
                                {"skipped", dataset->size() - count},
                                {"width", model.width},
                                {"split", arguments.split},
                                {"names", nullptr},
                                {"features", shapes_of(features)}};
    if (out.extension() != ".csv") json["names"] = eval::names_path(out).string();
    return print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  const at::Tensor& asked = features.of(asked_name);
  print_line(
      fmt::format("{} images, {} features each: {}", count, asked.numel() / count, out.string()));
}

}  // namespace

void add_embed(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand("embed", "Write the features of every image");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  add_model(*command, *a, "Run folder, checkpoint or weights file");
  const auto add = [command](const char* name, std::string& value, const char* type,
                             const char* text) {
    return command->add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("--data", a->data, "PATH", "Images: a folder, list, tar, Parquet, pack or IDX")->required();
  add("--out", a->out, "FILE", "File to write: .safetensors or .csv")->required();
  add("--features", a->features, "cls|mean|tokens",
      "Which features a .csv gets, and a .safetensors beside cls and mean; also grid:N, the patch "
      "tokens averaged to N x N cells");
  add("--blocks", a->blocks, "LIST",
      "Blocks whose features are joined: 12, or 3,6,9-12 (the last)");
  add("--split", a->split, "train|test|all", "Part of a divided data set (default: train)");
  add("--leave-out", a->leave_out, "FILE", "Images to leave out: quarantine.txt of data check");
  command->add_flag("--force", a->force, "Replace files that are there");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { embed(*a); }; });
}

}  // namespace dbot::app
