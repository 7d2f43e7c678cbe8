// dbot export: weights as other tools load them.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/exchange/convolution/convolution_export.h"
#include "dbot/exchange/export/export_network.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/formats/onnx/onnx_write.h"
#include "dbot/report/terminal/count_progress.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/shown_text.h"
#include "dbot/run/stored/network_to_export.h"

namespace dbot::app {
namespace {

using exchange::ExportFormat;

struct Arguments {
  std::string model, format, out, image_size, pixels;
  bool with_decoder = false, external_data = false, force = false, json = false;
};

exchange::ExportOptions options_of(const Arguments& arguments) {
  exchange::ExportOptions options;
  options.out = arguments.out;
  options.format = exchange::parse_export_format(arguments.format, "--format");
  const bool graph = options.format == ExportFormat::onnx;
  if (!graph && (arguments.external_data || !arguments.pixels.empty())) {
    throw UsageError(fmt::format("[export] {} is for --format onnx, and the format is {}",
                                 arguments.external_data ? "--external-data" : "--pixels",
                                 arguments.format));
  }
  if (arguments.with_decoder && !exchange::takes_decoder(options.format)) {
    throw UsageError(
        fmt::format("[export] {} holds an encoder and no decoder; leave out "
                    "--with-decoder",
                    arguments.format));
  }
  options.external_data = arguments.external_data;
  if (!arguments.pixels.empty()) {
    options.pixels = exchange::parse_onnx_pixels(arguments.pixels, "--pixels");
  }
  return options;
}

void check_out(const exchange::ExportOptions& options, bool force) {
  check_export_name(options.format, options.out);
  if (exchange::writes_folder(options.format)) {
    return check_output_folder("export", options.out, force);
  }
  std::vector<std::filesystem::path> files{options.out};
  if (options.external_data) files.push_back(formats::onnx_data_path(options.out));
  check_output_files("export", files, force);
}

/// Formats that say to others how pixels are normalised have to know it.
void complete(exchange::NetworkWeights& network, ExportFormat format, const std::string& source) {
  if (!exchange::writes_folder(format) && format != ExportFormat::onnx) return;
  const std::string assumed = exchange::assume_normalisation(network.description);
  if (assumed.empty()) return;
  console_log()(
      core::LogLevel::information,
      fmt::format("{} does not say its pixel normalisation: {} is assumed", source, assumed));
}

void tell_of_reading(const std::filesystem::path& file) {
  constexpr double kTakesSeconds = 200e6;
  std::error_code unknown;
  const auto bytes = static_cast<double>(std::filesystem::file_size(file, unknown));
  if (bytes >= kTakesSeconds && !unknown) {
    complain(fmt::format("reading {} ({}) …", file.string(), report::bytes_text(bytes)));
  }
}

run::NetworkToExport read_network(const Arguments& arguments) {
  const StopsAtOnce reading("export");
  return run::load_network_to_export(arguments.model, arguments.with_decoder, console_log());
}

/// Nothing of what is written within a second.
core::TellProgress progress_of_writing() {
  report::ProgressOptions options = progress_options();
  options.seconds_before_first = 1;
  return report::counted_passes(options, complain_raw);
}

/// A file was written, and this program loads it.
void tell_of_file(const Arguments& arguments, const std::string& source,
                  const exchange::Exported& exported) {
  if (arguments.json) {
    const nlohmann::ordered_json json{{"out", arguments.out},    {"format", arguments.format},
                                      {"model", source},         {"tensors", exported.tensors},
                                      {"bytes", exported.bytes}, {"snippet", exported.snippet}};
    return print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  // All of stdout is a Python program: `dbot export … > load.py`.
  std::string written = report::shown_text(
      fmt::format("{}: {} tensors, {}, from {}", arguments.out, exported.tensors,
                  report::bytes_text(static_cast<double>(exported.bytes)), source));
  std::ranges::replace_if(
      written, [](char letter) { return letter == '\n' || letter == '\r'; }, ' ');
  print_line("# " + written);
  print_line(exported.snippet);
}

exchange::Exported write_convolution(const std::filesystem::path& file,
                                     const exchange::ExportOptions& options,
                                     std::optional<core::Size> size, bool with_decoder) {
  if (with_decoder) {
    throw UsageError({.operation = "export",
                      .subject = file.string(),
                      .fault = Fault::unsupported,
                      .reason = "is a convolutional network, which has no decoder",
                      .way_out = "leave out --with-decoder"});
  }
  exchange::LoadedConvolution network = [&] {
    const StopsAtOnce reading("export");
    return exchange::import_convolution(file).network;
  }();
  if (!network.own) network.description.origins = exchange::read_origins(file);
  if (size) network.description.config.image_size = *size;
  return exchange::export_convolution(network, options);
}

exchange::Exported write_transformer(const Arguments& arguments,
                                     const exchange::ExportOptions& options,
                                     std::optional<core::Size> size, std::string& source) {
  run::NetworkToExport network = read_network(arguments);
  if (size) network.weights = exchange::resized(std::move(network.weights), *size);
  complete(network.weights, options.format, network.source);
  source = network.source;
  return exchange::export_network(network.weights, options, stop_request(), progress_of_writing());
}

void export_model(const Arguments& arguments) {
  const exchange::ExportOptions options = options_of(arguments);
  std::optional<core::Size> size;
  if (!arguments.image_size.empty()) size = image_size(arguments.image_size, "export");
  check_out(options, arguments.force);
  const std::filesystem::path file = find_model(arguments.model);
  tell_of_reading(file);
  std::string source = file.string();
  const exchange::Exported exported =
      exchange::holds_convolution(file)
          ? write_convolution(file, options, size, arguments.with_decoder)
          : write_transformer(arguments, options, size, source);
  tell_of_file(arguments, source, exported);
}

}  // namespace

void add_export(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("export", "Write weights as other tools load them");
  auto a = std::make_shared<Arguments>();
  const auto add = [command](const char* name, std::string& value, const std::string& type,
                             const char* text) {
    return command->add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("MODEL", a->model, "PATH", "Run folder, checkpoint or weights file")->required();
  add("--format", a->format, exchange::export_format_names("|"), "For whom")->required();
  add("--out", a->out, "PATH", "File to write, or folder for huggingface")->required();
  add("--image-size", a->image_size, "SIZE",
      "Input size in pixels, N or HEIGHTxWIDTH (default: the model's)");
  add("--pixels", a->pixels, "normalised|unit|bytes",
      "onnx: what its images hold: normalised values (default), 0 to 1, or bytes");
  command->add_flag("--external-data", a->external_data,
                    "onnx: weights in a second file, as always above 2 GB");
  command->add_flag("--with-decoder", a->with_decoder,
                    "The decoder too: MODEL is a run or checkpoint");
  command->add_flag("--force", a->force, "Replace files that are there");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { export_model(*a); }; });
}

}  // namespace dbot::app
