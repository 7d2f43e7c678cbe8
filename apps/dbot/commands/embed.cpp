// dbot embed: the features of every image, in a file for other tools.
#include <fmt/format.h>

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

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string data, out, leave_out, features = "mean", split = "train";
  bool json = false, force = false;
};

void check_features(const std::string& text) {
  if (text == "cls" || text == "mean") return;
  throw UsageError(fmt::format("[embed] --features is {}, expected cls or mean", text));
}

void check_out(const std::filesystem::path& out) {
  const auto extension = out.extension();
  if (extension != ".safetensors" && extension != ".csv") {
    throw UsageError(
        fmt::format("[embed] --out is {}, expected a name that ends in .safetensors "
                    "(cls and mean) or .csv (one of them)",
                    out.string()));
  }
}

void embed(const Arguments& arguments) {
  check_features(arguments.features);
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
  const eval::Features features = eval::extract_features(*model.encoder, dataset, model.extraction,
                                                         stop_request(), console_log());
  if (out.extension() == ".csv") {
    eval::write_embedding_csv(out, features, arguments.features, *dataset);
  } else {
    eval::write_embedding(out, features, *dataset);
  }
  const auto count = static_cast<std::int64_t>(features.indices.size());
  if (arguments.json) {
    nlohmann::ordered_json json{{"out", out.string()},
                                {"images", count},
                                {"skipped", dataset->size() - count},
                                {"width", model.encoder->config().width},
                                {"split", arguments.split},
                                {"names", nullptr}};
    if (out.extension() != ".csv") json["names"] = eval::names_path(out).string();
    return print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  print_line(fmt::format("{} images, {} features each: {}", count, model.encoder->config().width,
                         out.string()));
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
  add("--features", a->features, "cls|mean", "Which features a .csv gets");
  add("--split", a->split, "train|test|all", "Part of a divided data set (default: train)");
  add("--leave-out", a->leave_out, "FILE", "Images to leave out: quarantine.txt of data check");
  command->add_flag("--force", a->force, "Replace files that are there");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { embed(*a); }; });
}

}  // namespace dbot::app
