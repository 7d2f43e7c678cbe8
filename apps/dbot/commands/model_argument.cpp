#include "apps/dbot/commands/model_argument.h"

#include <fmt/format.h>

#include <utility>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/options.h"
#include "dbot/core/error.h"
#include "dbot/exchange/convolution/backbone_file.h"
#include "dbot/report/terminal/count_progress.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/precision.h"

namespace dbot::app {

CLI::Option* add_model(CLI::App& command, ModelArguments& arguments, const char* model_text) {
  CLI::Option* model = command.add_option("--model", arguments.model, model_text)
                           ->required()
                           ->type_name("PATH")
                           ->check(not_empty());
  command
      .add_option("--image-size", arguments.image_size,
                  "Input size in pixels (default: the model's)")
      ->type_name("N");
  add_precision(command, arguments.precision);
  add_threads(command, arguments.threads);
  return model;
}

std::optional<core::Size> square_size(const ModelArguments& arguments) {
  if (!arguments.image_size) return std::nullopt;
  const std::int64_t size = *arguments.image_size;
  if (size < 1 || size > 8192) {
    throw UsageError(fmt::format("[model] --image-size is {}, expected 1 to 8192 pixels", size));
  }
  return core::Size{size, size};
}

eval::ExtractionSettings compute_settings(const ModelArguments& arguments) {
  if (arguments.threads < 0 || arguments.threads > 4096) {
    throw UsageError(
        fmt::format("[model] --threads is {}, expected 0 (all cores) to 4096", arguments.threads));
  }
  eval::ExtractionSettings settings;
  settings.precision =
      runtime::resolve_precision(runtime::parse_precision(arguments.precision), console_log());
  settings.workers = runtime::configure_compute(static_cast<int>(arguments.threads));
  settings.progress = report::counted_passes(progress_options(), complain_raw);
  return settings;
}

Model load_model(const ModelArguments& arguments) {
  Model model;
  const auto size = square_size(arguments);
  model.extraction = compute_settings(arguments);
  const auto file = find_model(arguments.model);
  model.file = file.string();
  exchange::LoadedBackbone loaded = [&] {
    const StopsAtOnce reading("model");
    return exchange::load_backbone(file, size);
  }();
  for (const std::string& guess : loaded.report.assumed) {
    console_log()(core::LogLevel::information,
                  fmt::format("{}: assumed, as nothing says it: {}", model.file, guess));
  }
  for (const std::string& field : loaded.report.not_followed) {
    console_log()(core::LogLevel::information,
                  fmt::format("{}: dbot has its own way instead of {}", model.file, field));
  }
  if (!loaded.assumed.empty()) {
    console_log()(core::LogLevel::information,
                  fmt::format("{} does not say its pixel normalisation: {} is assumed", model.file,
                              loaded.assumed));
  }
  model.encoder = std::move(loaded.network);
  model.width = loaded.width;
  model.extraction.mean = std::move(loaded.mean);
  model.extraction.std = std::move(loaded.std);
  model.extraction.values = data::range_of(loaded.value_range);
  return model;
}

}  // namespace dbot::app
