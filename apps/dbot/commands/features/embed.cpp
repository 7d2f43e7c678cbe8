// dbot embed: the features of every image, in a file for other tools.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/features/feature_arguments.h"
#include "apps/dbot/commands/model_argument.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/eval/frozen/embedding.h"
#include "dbot/eval/kinds/feature_memory.h"
#include "dbot/eval/search/feature_index.h"
#include "dbot/runtime/machine.h"
#include "dbot/tools/search/image_search.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  FeatureArguments features;
  std::string out;
  bool json = false, force = false;
};

void check_out(const std::filesystem::path& out) {
  const auto extension = out.extension();
  if (extension != ".safetensors" && extension != ".csv") {
    throw UsageError(
        fmt::format("[embed] --out is {}, expected a name that ends in .safetensors "
                    "(cls and mean, and --features) or .csv (--features alone)",
                    out.string()));
  }
}

nlohmann::ordered_json shapes_of(const eval::Features& features) {
  auto shapes = nlohmann::ordered_json::object();
  for (const auto& [kind, rows] : features.kinds) shapes[kind] = rows.sizes().vec();
  return shapes;
}

void embed(const Arguments& arguments) {
  const eval::FeatureChoice choice = feature_choice("embed", arguments.features, /*all=*/true);
  const std::filesystem::path out = arguments.out;
  check_part(arguments.features);
  check_out(out);
  // Before the hours of an extraction, not after them.
  std::vector<std::filesystem::path> files{out};
  if (out.extension() != ".csv") files.push_back(eval::names_path(out));
  check_output_files("embed", files, arguments.force);
  Model model = load_model(arguments);
  if (arguments.features.videos) model.extraction.content = data::Content::videos;
  const auto dataset = open_data(arguments.features);
  const eval::ChosenFeatures chosen(*model.encoder, choice);
  const std::string asked_name = chosen.name_of(arguments.features.features);
  eval::check_feature_memory(eval::memory_of(chosen, dataset->size()),
                             runtime::describe_machine().memory_bytes, console_log());
  const double began = core::steady_seconds();
  const eval::Features features =
      eval::extract_features(eval::network_source(*model.encoder, chosen, model.extraction),
                             dataset, model.extraction, stop_request(), console_log());
  const double seconds = core::steady_seconds() - began;
  if (out.extension() == ".csv") {
    eval::write_embedding_csv(out, features, asked_name, *dataset);
  } else {
    const eval::IndexIdentity identity =
        tools::index_identity(*model.encoder, model.extraction, *dataset, arguments.features.data);
    eval::write_embedding(out, features, *dataset,
                          eval::index_metadata(identity, features, *dataset));
  }
  const auto count = static_cast<std::int64_t>(features.indices.size());
  const double rate = seconds > 0 ? static_cast<double>(count) / seconds : 0;
  if (arguments.json) {
    nlohmann::ordered_json json{{"out", out.string()},
                                {arguments.features.videos ? "videos" : "images", count},
                                {"skipped", dataset->size() - count},
                                {"width", model.width},
                                {"split", arguments.features.split},
                                {"names", nullptr},
                                {"features", shapes_of(features)},
                                {"seconds", seconds},
                                {"images_per_second", rate}};
    if (out.extension() != ".csv") json["names"] = eval::names_path(out).string();
    return print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  const at::Tensor& asked = features.of(asked_name);
  print_line(fmt::format("{0} {1}, {2} features each, {3:.3g} {1}/s: {4}", count,
                         arguments.features.videos ? "videos" : "images", asked.numel() / count,
                         rate, out.string()));
}

}  // namespace

void add_embed(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand("embed", "Write the features of every image");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  add_model(*command, *a, "Run folder, checkpoint or weights file");
  add_features(*command, a->features,
               "Which features a .csv gets, and a .safetensors beside cls and mean; also grid:N, "
               "the patch tokens averaged to N x N cells");
  command->add_flag("--videos", a->features.videos,
                    "PATH holds videos, for a network that reads clips");
  command->add_option("--out", a->out, "File to write: .safetensors or .csv")
      ->required()
      ->type_name("FILE")
      ->check(not_empty());
  command->add_flag("--force", a->force, "Replace files that are there");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { embed(*a); }; });
}

}  // namespace dbot::app
