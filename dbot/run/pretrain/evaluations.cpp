#include "dbot/run/pretrain/evaluations.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/sources/open.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {
namespace {

bool is_asked_for(const eval::EvaluateConfig& config) {
  return (config.every_epochs > 0 || config.at_stage_ends) && (config.knn || config.linear);
}

/// Throws UsageError if the limits leave training images of one class alone: found out after hours
/// otherwise.
void require_two_classes(const data::LabelledSplits& limited, const eval::EvaluateConfig& config) {
  std::int64_t first = -1;
  for (std::int64_t i = 0; i < limited.train->size(); ++i) {
    const std::int64_t label = limited.train->label(i);
    if (label < 0) continue;
    if (first >= 0 && label != first) return;
    first = label;
  }
  throw UsageError(
      {.operation = "recipe",
       .subject = "evaluate.max_train_images",
       .fault = Fault::unlabelled,
       .reason = fmt::format("is {}, which leaves training images of fewer than two classes",
                             config.max_train_images),
       .way_out = "raise it, or set it to 0 for all"});
}

/// Without `evaluate.data`, labels are a bonus: many sets of images have none.
std::optional<data::LabelledSplits> find_splits(const Recipe& recipe,
                                                const std::filesystem::path& training_data,
                                                const core::Log& log) {
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  if (!recipe.evaluate.data.empty()) {
    try {
      return data::open_labelled(recipe.evaluate.data, seed, log);
    } catch (const DataError& error) {
      throw DataError({.operation = "recipe",
                       .subject = fmt::format("evaluate.data is \"{}\"", recipe.evaluate.data),
                       .fault = error.fault(),
                       .reason = fmt::format(", which cannot be used: {}", error.what())});
    }
  }
  try {
    auto splits = data::open_labelled(training_data, seed, log);
    if (splits.train->classes().size() >= 2) return splits;
    log(core::LogLevel::information, "no evaluation: the data have fewer than two classes");
  } catch (const DataError& error) {
    log(core::LogLevel::information,
        fmt::format("no evaluation: the data have no labels ({})", error.what()));
  }
  return std::nullopt;
}

/// Raw pixels of large images are a lot of features, kept for all images at once.
bool pixels_fit_memory(const nn::ImageInput& input, const data::LabelledSplits& splits) {
  const auto& [size, channels] = input;
  const auto values = static_cast<double>(size.height * size.width * channels);
  const auto images = static_cast<double>(splits.train->size() + splits.test->size());
  return 4 * values * images < 0.2 * static_cast<double>(runtime::describe_machine().memory_bytes);
}

eval::ExtractionSettings extraction_settings(const Recipe& recipe) {
  eval::ExtractionSettings settings;
  settings.mean = recipe.data.mean;
  settings.std = recipe.data.std;
  settings.workers = workers_of(recipe);
  settings.precision = precision_of(recipe);
  settings.batch_size = recipe.train.batch_size;
  return settings;
}

}  // namespace

std::unique_ptr<report::EvaluationObserver> make_evaluation_observer(
    const Recipe& recipe, const std::filesystem::path& training_data, report::MetricsFile& metrics,
    const core::StopRequest& stop, const core::Log& log) {
  const eval::EvaluateConfig& config = recipe.evaluate;
  const std::optional<nn::ImageInput> input = methods::catalogue::outline(recipe.method).images;
  if (!is_asked_for(config) || !input) return nullptr;
  const auto found = find_splits(recipe, training_data, log);
  if (!found) return nullptr;
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const data::LabelledSplits splits = eval::limit_splits(*found, config, seed);
  if (config.max_train_images > 0) require_two_classes(splits, config);
  const eval::ExtractionSettings extraction = extraction_settings(recipe);

  report::Evaluations evaluations;
  evaluations.of_network = [=, &stop](const nn::Backbone& backbone) {
    return eval::evaluate_backbone(backbone, splits, config, extraction, seed, stop, log).rows;
  };
  if (pixels_fit_memory(*input, splits)) {
    const core::Size size = input->size;
    const int channels = static_cast<int>(input->channels);
    evaluations.of_pixels = [=, &stop] {
      return eval::evaluate_pixels(size, channels, splits, config, extraction, seed, stop, log)
          .rows;
    };
  } else {
    log(core::LogLevel::information,
        "raw pixels are not evaluated: all images at once do not fit this machine's memory");
  }
  report::EvaluationSchedule schedule;
  schedule.every_epochs = std::llround(config.every_epochs);
  schedule.at_stage_ends = config.at_stage_ends;
  schedule.at_start = config.at_stage_ends;
  return std::make_unique<report::EvaluationObserver>(schedule, std::move(evaluations), metrics,
                                                      log);
}

}  // namespace dbot::run
