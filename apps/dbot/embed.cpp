// dbot embed: the features of every image, in a file for other tools.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/dbot/commands.h"
#include "apps/dbot/console.h"
#include "apps/dbot/model_argument.h"
#include "dbot/core/error.h"
#include "dbot/eval/embedding.h"
#include "dbot/eval/features.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string data, out, features = "mean";
  bool json = false;
};

eval::FeatureKind feature_kind(const std::string& text) {
  if (text == "cls") return eval::FeatureKind::cls;
  if (text == "mean") return eval::FeatureKind::mean;
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
  const eval::FeatureKind kind = feature_kind(arguments.features);
  const std::filesystem::path out = arguments.out;
  check_out(out);
  const Model model = load_model(arguments);
  const auto dataset = data::open_images(arguments.data, console_log());
  const eval::Features features = eval::extract_features(*model.encoder, dataset, model.extraction,
                                                         stop_request(), console_log());
  if (out.extension() == ".csv") {
    eval::write_embedding_csv(out, features, kind, *dataset);
  } else {
    eval::write_embedding(out, features, *dataset);
  }
  const auto count = static_cast<std::int64_t>(features.indices.size());
  if (arguments.json) {
    const nlohmann::ordered_json json{{"out", out.string()},
                                      {"images", count},
                                      {"skipped", dataset->size() - count},
                                      {"width", model.encoder->config().width}};
    return print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  print_line(fmt::format("{} images, {} features each: {}", count, model.encoder->config().width,
                         out.string()));
}

}  // namespace

void add_embed(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand("embed", "Write the features of every image");
  auto a = std::make_shared<Arguments>();
  command->add_option("--model", a->model, "Run folder, checkpoint or weights file")->required();
  command->add_option("--data", a->data, "Folder of images, or IDX files")->required();
  command->add_option("--out", a->out, "File to write: .safetensors or .csv")->required();
  command->add_option("--features", a->features, "cls or mean, for .csv");
  command->add_option("--image-size", a->image_size, "Input size in pixels (default: the model's)");
  command->add_option("--precision", a->precision, "auto, fp32 or bf16");
  command->add_option("--threads", a->threads, "Compute threads (default: all cores)");
  command->add_flag("--json", a->json, "Print the figures as one JSON object");
  command->callback([&line, a] { line.action = [a] { embed(*a); }; });
}

}  // namespace dbot::app
