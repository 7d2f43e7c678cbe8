#include "dbot/run/pretrain/evaluations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/audit/class_doubt.h"
#include "dbot/data/sources/open.h"
#include "dbot/eval/classifier/classifier_evaluation.h"
#include "dbot/eval/classifier/confusion_exhibit.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/report/pictures/exhibits/draw_gallery.h"
#include "dbot/report/pictures/set/exhibit_files.h"
#include "dbot/report/terminal/count_progress.h"
#include "dbot/run/pretrain/label_evaluation.h"
#include "dbot/run/pretrain/task_evaluation.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/judged_data.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {
namespace {

bool reads_features(const eval::EvaluateConfig& config) {
  return config.knn || config.linear;
}

/// A system that learns labels is judged by what it says of the test images, too.
bool is_asked_for(const Recipe& recipe) {
  const eval::EvaluateConfig& config = recipe.evaluate;
  return (config.every_epochs > 0 || config.at_stage_ends) &&
         (reads_features(config) || methods::catalogue::outline(recipe.method).labels);
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

/// Percent of the test images that are of the largest class.
double share_of_largest(const data::Dataset& images) {
  std::vector<std::int64_t> count(images.classes().size());
  std::int64_t all = 0;
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const std::int64_t label = images.label(i);
    if (label < 0) continue;
    ++count.at(static_cast<std::size_t>(label));
    ++all;
  }
  const auto most = static_cast<double>(*std::ranges::max_element(count));
  return all > 0 ? 100 * most / static_cast<double>(all) : 0;
}

/// What is told of the classes at the start, since a wrong idea of them spoils every figure.
EvaluatedClasses describe_classes(const data::LabelledSplits& splits, const Recipe& recipe,
                                  const core::Log& log) {
  constexpr std::size_t kMostNames = 1000;
  EvaluatedClasses classes{
      splits.labels, splits.train->classes(), {}, share_of_largest(*splits.test)};
  log(core::LogLevel::information, data::classes_text(classes.names, classes.from));
  // Whoever names where labels come from stands for them.
  const bool images =
      splits.content == data::Content::images && !methods::catalogue::outline(recipe.method).words;
  if (recipe.evaluate.labels.empty() && images) {
    classes.doubt = data::doubt_about_classes(*splits.train);
  }
  if (!classes.doubt.empty()) {
    log(core::LogLevel::warning,
        fmt::format("the classes {}: accuracies may say nothing of the features, and no verdict is "
                    "built on them. evaluate.labels = \"folder\" says that they are classes, "
                    "\"none\" that there are none, and a list names others",
                    classes.doubt));
  }
  classes.names.resize(std::min(classes.names.size(), kMostNames));
  return classes;
}

/// What raw pixels are read like: as the network reads them, but smaller.
nn::BackboneInput pixel_input(nn::BackboneInput input) {
  input.images.size = eval::raw_pixel_size(input.images.size);
  return input;
}

/// Raw pixels are a lot of features, kept for all samples at once.
bool pixels_fit_memory(const nn::BackboneInput& input, const data::LabelledSplits& splits) {
  const auto values = static_cast<double>(eval::values_of_a_sample(input, splits.content));
  const auto images = static_cast<double>(splits.train->size() + splits.test->size());
  return 4 * values * images < 0.2 * static_cast<double>(runtime::describe_machine().memory_bytes);
}

/// What the backbone of the recipe's system reads; it is not made yet.
std::optional<nn::BackboneInput> input_of(const methods::Outline& outline) {
  if (outline.words) {
    nn::BackboneInput input;
    input.part = nn::kRows;
    input.row_width = outline.words->length;
    return input;
  }
  if (!outline.images) return std::nullopt;
  nn::BackboneInput input{.images = *outline.images};
  if (const auto& clips = outline.clips) {
    input.clips = nn::ClipFrames{clips->frames, clips->stride, clips->frames_per_second};
  }
  return input;
}

eval::ExtractionSettings extraction_settings(const Recipe& recipe, data::Content content,
                                             const core::Log& log) {
  eval::ExtractionSettings settings;
  settings.content = content;
  settings.mean = recipe.data.mean;
  settings.std = recipe.data.std;
  settings.values = data::range_of(recipe.data.value_range);
  settings.workers = workers_of(recipe);
  settings.precision = precision_of(recipe);
  settings.batch_size = recipe.train.batch_size;
  settings.progress = report::counted_passes(
      {.is_tty = false}, [log](std::string_view line) { log(core::LogLevel::information, line); });
  return settings;
}

/// A classifier of videos may look at several clips of each.
eval::ExtractionSettings with_views(eval::ExtractionSettings settings, const Recipe& recipe) {
  const auto clips = methods::catalogue::outline(recipe.method).clips;
  if (!clips || settings.content != data::Content::videos) return settings;
  settings.time_views = clips->time_views;
  settings.side_views = clips->side_views;
  return settings;
}

/// What a classifier that learned from so many images says of those to test on; the newest figures
/// stand in the run's folder.
eval::EvaluationRow classify(const methods::ClassifyingCapability& classifier,
                             const nn::BackboneInput& input, std::int64_t learned,
                             const std::shared_ptr<const data::Dataset>& test,
                             const eval::ExtractionSettings& extraction,
                             const std::filesystem::path& folder, const core::StopRequest& stop,
                             const core::Log& log) {
  const core::Stopwatch clock;
  const eval::ClassifierFigures figures =
      eval::evaluate_classifier(classifier, input, test, extraction, stop, log);
  core::write_file_atomically(folder / "predictions.csv", eval::predictions_csv(figures, *test));
  core::write_file_atomically(folder / "test.json", eval::to_json(figures));
  report::write_exhibits(
      folder, report::draw_gallery({eval::confusion_exhibit(figures.confusion())}, folder));
  return eval::row_of(figures, learned, clock.seconds());
}

/// A classifier can be judged on other data only if they count the same classes.
void require_same_classes(const Recipe& recipe, const data::LabelledSplits& splits,
                          const data::Dataset& trained) {
  if (!methods::catalogue::outline(recipe.method).labels ||
      splits.test->classes() == trained.classes()) {
    return;
  }
  throw DataError({.operation = "recipe",
                   .subject = fmt::format("evaluate.data is \"{}\"", recipe.evaluate.data),
                   .fault = Fault::mismatch,
                   .reason = fmt::format("and has {} classes, not those {} that are trained on",
                                         splits.test->classes().size(), trained.classes().size()),
                   .way_out = "leave it out, or name images of the same classes"});
}

report::EvaluationSchedule schedule_of(const eval::EvaluateConfig& config) {
  return {.every_epochs = std::round(config.every_epochs),
          .at_stage_ends = config.at_stage_ends,
          .at_start = config.at_stage_ends};
}

/// Of a system that gives samples several labels.
RunEvaluation evaluate_labels(const Recipe& recipe,
                              const std::vector<std::filesystem::path>& sources,
                              report::MetricsFile& metrics, const core::StopRequest& stop,
                              const core::Log& log) {
  RunEvaluation evaluation;
  if (recipe.evaluate.every_epochs <= 0 && !recipe.evaluate.at_stage_ends) return evaluation;
  report::Evaluations evaluations;
  evaluations.of_network =
      label_evaluation(recipe, sources.front(), metrics.path().parent_path(), stop, log);
  evaluation.observer = std::make_unique<report::EvaluationObserver>(
      schedule_of(recipe.evaluate), std::move(evaluations), metrics, log);
  return evaluation;
}

}  // namespace

RunEvaluation make_evaluation(const Recipe& recipe,
                              const std::vector<std::filesystem::path>& sources,
                              const data::Dataset& trained, report::MetricsFile& metrics,
                              const core::StopRequest& stop, const core::Log& log,
                              const core::Log& opening_log) {
  const eval::EvaluateConfig& config = recipe.evaluate;
  if (methods::catalogue::outline(recipe.method).rows) {
    return evaluate_labels(recipe, sources, metrics, stop, log);
  }
  const auto input = input_of(methods::catalogue::outline(recipe.method));
  RunEvaluation evaluation;
  if (!is_asked_for(recipe) || !input) return evaluation;
  const auto found = open_judged_data(recipe, sources, evaluation.why_none, opening_log);
  if (!found) return evaluation;
  require_same_classes(recipe, *found, trained);
  evaluation.classes = describe_classes(*found, recipe, log);
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const data::LabelledSplits splits = eval::limit_splits(*found, config, seed);
  if (config.max_train_images > 0) require_two_classes(splits, config);
  const eval::ExtractionSettings extraction = extraction_settings(recipe, splits.content, log);
  const eval::ExtractionSettings test_views = with_views(extraction, recipe);

  report::Evaluations evaluations;
  const std::filesystem::path folder = metrics.path().parent_path();
  const std::int64_t learned = trained.size();
  const TaskEvaluation of_tasks(
      {.test = splits.test, .input = *input, .extraction = test_views, .folder = folder}, log);
  evaluations.of_network = [=, &stop](const methods::Method& method) {
    std::vector<eval::EvaluationRow> rows;
    if (const auto* tasks = method.tasks()) rows = of_tasks.judge(*tasks, stop);
    if (const auto* classifier = method.classifier()) {
      rows.push_back(
          classify(*classifier, *input, learned, splits.test, test_views, folder, stop, log));
    }
    if (!reads_features(config)) return rows;
    const auto frozen =
        eval::evaluate_backbone(method.backbone(), splits, config, extraction, seed, stop, log);
    rows.insert(rows.end(), frozen.rows.begin(), frozen.rows.end());
    return rows;
  };
  const nn::BackboneInput pixels = pixel_input(*input);
  if (!reads_features(config) || methods::catalogue::outline(recipe.method).words) {
    // Nothing is asked of raw pixels, and the numbers of words say nothing.
  } else if (pixels_fit_memory(pixels, splits)) {
    evaluations.of_pixels = [=, &stop] {
      return eval::evaluate_pixels(pixels, splits, config, extraction, seed, stop, log).rows;
    };
  } else {
    log(core::LogLevel::information,
        "raw pixels are not evaluated: all samples at once do not fit this machine's memory");
  }
  evaluation.observer = std::make_unique<report::EvaluationObserver>(
      schedule_of(config), std::move(evaluations), metrics, log);
  return evaluation;
}

}  // namespace dbot::run
