// dbot import: somebody else's weights as a file of ours, and what became of each tensor.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/shell/name_groups.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/exchange/convolution/convolution_import.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/input_channels.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/report/text/quantity_text.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string source, out, key, image_size;
  std::optional<std::int64_t> heads, channels;
  bool json = false, force = false;
};

exchange::EncoderHints hints_of(const Arguments& arguments) {
  exchange::EncoderHints hints;
  if (arguments.heads && (*arguments.heads < 1 || *arguments.heads > 4096)) {
    throw UsageError(fmt::format("[import] --heads is {}, expected 1 to 4096", *arguments.heads));
  }
  hints.heads = arguments.heads;
  if (!arguments.image_size.empty()) {
    hints.image_size = image_size(arguments.image_size, "import");
  }
  if (!arguments.key.empty()) hints.key = arguments.key;
  return hints;
}

/// Before a large file is read.
void check_out(const fs::path& out, bool force) {
  if (out.extension() != ".safetensors") {
    throw UsageError(fmt::format("[import] --out is {}, expected a name that ends in .safetensors",
                                 out.string()));
  }
  check_output_files("import", {out}, force);
}

/// What was taken of a file, of either kind of network.
struct Taken {
  exchange::ImportReport report;
  std::string description;  // JSON
  std::vector<exchange::WeightsOrigin> origins;
  std::string network;  // in words
  std::int64_t parameters = 0;
};

std::int64_t count_parameters(const runtime::NamedTensors& parameters) {
  std::int64_t count = 0;
  for (const auto& [name, tensor] : parameters) count += tensor.numel();
  return count;
}

std::string figures(const Arguments& arguments, const Taken& taken) {
  const exchange::ImportReport& report = taken.report;
  nlohmann::ordered_json json{{"source", arguments.source},
                              {"out", arguments.out},
                              {"container", report.container},
                              {"names", report.names},
                              {"key", report.key}};
  json["config"] = nlohmann::ordered_json::parse(taken.description);
  json["parameters"] = taken.parameters;
  std::map<std::string, std::vector<std::string>> mapped;
  for (const auto& [theirs, ours] : report.mapped) mapped[ours].push_back(theirs);
  json["mapped"] = mapped;
  json["ignored"] = report.ignored;
  json["unread"] = report.unread;
  json["filled"] = report.filled;
  json["assumed"] = report.assumed;
  json["not_followed"] = report.not_followed;
  json["other_keys"] = report.other_keys;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void list(const std::string& head, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  print_line(head);
  for (const std::string& text : lines) print_line(report::printable("  " + text));
}

std::string origin_text(const exchange::WeightsOrigin& origin) {
  return fmt::format("licence {}, sha256 {}", origin.licence.empty() ? "not named" : origin.licence,
                     origin.sha256);
}

void print_report(const Arguments& arguments, const Taken& taken) {
  const exchange::ImportReport& report = taken.report;
  print_line(report::printable(fmt::format("{}: {}, {}{}", arguments.source, report.container,
                                           report.names,
                                           report.key.empty() ? "" : ", below " + report.key)));
  std::vector<std::string> theirs;
  for (const auto& [name, ours] : report.mapped) theirs.push_back(name);
  list("taken:", grouped_names(theirs));
  list("put in where the file has nothing:", grouped_names(report.filled));
  const std::string prefix = report.key.empty() ? "" : report.key + ".";
  list("assumed, as nothing says it:", report.assumed);
  list("left (tensors):", counted_parts(report.ignored, prefix));
  list("not readable:", report.unread);
  list("not followed (dbot has its own way):", report.not_followed);
  list("other encoders in the file (--key):", report.other_keys);
  for (const exchange::WeightsOrigin& origin : taken.origins) {
    print_line(report::printable(fmt::format("source: {}", origin_text(origin))));
  }
  print_line(fmt::format("{}: {}, {} parameters", arguments.out, taken.network,
                         report::count_text(static_cast<double>(taken.parameters))));
}

void tell_rule(const std::string& rule) {
  if (!rule.empty()) console_log()(core::LogLevel::information, rule);
}

Taken take_transformer(const fs::path& source, const Arguments& arguments,
                       const exchange::EncoderHints& hints) {
  exchange::ImportedEncoder imported = exchange::import_encoder(source, hints);
  exchange::EncoderDescription& description = imported.encoder.description;
  if (!imported.encoder.own) description.origins = exchange::read_origins(source);
  if (arguments.channels) tell_rule(adapt_channels(imported.encoder, *arguments.channels));
  exchange::save_encoder(arguments.out, description, imported.encoder.parameters);
  const nn::EncoderConfig& config = description.config;
  return {
      .report = std::move(imported.report),
      .description = to_json(description),
      .origins = description.origins,
      .network = fmt::format("{}×{} pixels, {} channels, patch {}, width {}, depth {}, {} heads",
                             config.image_size.height, config.image_size.width, config.channels,
                             config.patch_size, config.width, config.depth, config.heads),
      .parameters = count_parameters(imported.encoder.parameters)};
}

Taken take_convolution(const fs::path& source, const Arguments& arguments,
                       const exchange::EncoderHints& hints) {
  if (arguments.heads) {
    throw UsageError({.operation = "import",
                      .subject = source.string(),
                      .fault = Fault::unsupported,
                      .reason = "is a convolutional network, which has no heads",
                      .way_out = "leave out --heads"});
  }
  exchange::ImportedConvolution imported = exchange::import_convolution(source, hints);
  exchange::ConvolutionDescription& description = imported.network.description;
  if (!imported.network.own) description.origins = exchange::read_origins(source);
  if (arguments.channels) tell_rule(adapt_channels(imported.network, *arguments.channels));
  exchange::save_backbone(arguments.out, to_json(description), imported.network.parameters);
  const nn::ConvolutionConfig& config = description.config;
  return {.report = std::move(imported.report),
          .description = to_json(description),
          .origins = description.origins,
          .network = fmt::format("{}×{} pixels, {} channels, {}, {} features",
                                 config.image_size.height, config.image_size.width, config.channels,
                                 network_name(config), config.width()),
          .parameters = count_parameters(imported.network.parameters)};
}

void import_weights(const Arguments& arguments) {
  const exchange::EncoderHints hints = hints_of(arguments);
  if (arguments.channels && (*arguments.channels < 1 || *arguments.channels > 64)) {
    throw UsageError(
        fmt::format("[import] --channels is {}, expected 1 to 64", *arguments.channels));
  }
  check_out(arguments.out, arguments.force);
  const fs::path source = exchange::resolve_model_path(arguments.source);
  const Taken taken = exchange::holds_convolution(source)
                          ? take_convolution(source, arguments, hints)
                          : take_transformer(source, arguments, hints);
  if (arguments.json) return print_line(figures(arguments, taken));
  print_report(arguments, taken);
}

}  // namespace

void add_import(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "import", "Take the encoder of another tool's weights: .pth, safetensors, Hugging Face");
  auto a = std::make_shared<Arguments>();
  command->add_option("SOURCE", a->source, "Weights file, its index, or the folder it is in")
      ->required()
      ->check(not_empty())
      ->type_name("PATH");
  command->add_option("--out", a->out, "File to write, .safetensors")
      ->required()
      ->check(not_empty())
      ->type_name("FILE");
  command
      ->add_option("--key", a->key,
                   "Nest to read where the file holds several networks, such as teacher")
      ->check(not_empty())
      ->type_name("NAME");
  command->add_option("--heads", a->heads, "Attention heads (default: the file's, or width / 64)")
      ->type_name("N");
  command
      ->add_option("--image-size", a->image_size,
                   "Input size in pixels, where it is no square or not in the file")
      ->check(not_empty())
      ->type_name("SIZE");
  command
      ->add_option("--channels", a->channels,
                   "Channels of its input, where they are to be others than the file's")
      ->type_name("N");
  command->add_flag("--force", a->force, "Replace the file if it is there");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { import_weights(*a); }; });
}

}  // namespace dbot::app
