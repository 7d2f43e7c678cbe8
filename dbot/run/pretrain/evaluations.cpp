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
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/training_images.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {
namespace {

constexpr const char* kWithoutLabels = "No class folders: judged without labels.";

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

/// The list of images to leave out holds for other data, too, where they lie in a source.
data::Choice choice_for(const std::filesystem::path& path, const Recipe& recipe,
                        const std::vector<std::filesystem::path>& sources) {
  data::Choice choice{.leave_out = recipe.data.leave_out, .labels = recipe.evaluate.labels};
  if (choice.leave_out.empty()) return choice;
  std::error_code error;
  const auto here = (std::filesystem::weakly_canonical(path, error) / "").string();
  for (const auto& source : sources) {
    if (here.starts_with((std::filesystem::weakly_canonical(source, error) / "").string())) {
      choice.list_root = source;
      return choice;
    }
  }
  choice.leave_out.clear();
  return choice;
}

/// Without `evaluate.data`, labels are a bonus: many sets of images have none, which the log is
/// told. `why_none` gets what is wrong with those that have.
std::optional<data::LabelledSplits> find_splits(const Recipe& recipe,
                                                const std::vector<std::filesystem::path>& sources,
                                                std::string& why_none, const core::Log& log) {
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const std::string& other = recipe.evaluate.data;
  const auto tell = [&](const std::string& reason) {
    log(core::LogLevel::information, "no evaluation: " + reason);
    return std::nullopt;
  };
  if (recipe.evaluate.labels == "none") return tell("evaluate.labels is none");
  if (!other.empty()) {
    try {
      return data::open_labelled(other, seed, log, choice_for(other, recipe, sources));
    } catch (const DataError& error) {
      throw DataError({.operation = "recipe",
                       .subject = fmt::format("evaluate.data is \"{}\"", other),
                       .fault = error.fault(),
                       .reason = fmt::format(", which cannot be used: {}", error.what())});
    }
  }
  if (methods::catalogue::outline(recipe.method).clips) {
    return tell("frozen features are judged on images; evaluate.data names some with labels");
  }
  try {
    auto splits = data::open_labelled(sources.front(), seed, log, choice_of(recipe));
    if (splits.train->classes().size() >= 2) return splits;
    log(core::LogLevel::information, kWithoutLabels);
  } catch (const DataError& error) {
    if (error.fault() == Fault::unlabelled) {
      log(core::LogLevel::information, kWithoutLabels);
    } else {
      why_none = error.what();
      return tell(why_none);
    }
  }
  return std::nullopt;
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
  if (recipe.evaluate.labels.empty()) classes.doubt = data::doubt_about_classes(*splits.train);
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

/// Raw pixels are a lot of features, kept for all images at once.
bool pixels_fit_memory(core::Size size, std::int64_t channels, const data::LabelledSplits& splits) {
  const auto values = static_cast<double>(size.height * size.width * channels);
  const auto images = static_cast<double>(splits.train->size() + splits.test->size());
  return 4 * values * images < 0.2 * static_cast<double>(runtime::describe_machine().memory_bytes);
}

eval::ExtractionSettings extraction_settings(const Recipe& recipe, const core::Log& log) {
  eval::ExtractionSettings settings;
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

/// What a classifier that learned from so many images says of those to test on; the newest figures
/// stand in the run's folder.
eval::EvaluationRow classify(const methods::ClassifyingCapability& classifier,
                             const nn::ImageInput& input, std::int64_t learned,
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

}  // namespace

RunEvaluation make_evaluation(const Recipe& recipe,
                              const std::vector<std::filesystem::path>& sources,
                              const data::Dataset& trained, report::MetricsFile& metrics,
                              const core::StopRequest& stop, const core::Log& log,
                              const core::Log& opening_log) {
  const eval::EvaluateConfig& config = recipe.evaluate;
  const std::optional<nn::ImageInput> input = methods::catalogue::outline(recipe.method).images;
  RunEvaluation evaluation;
  if (!is_asked_for(recipe) || !input) return evaluation;
  const auto found = find_splits(recipe, sources, evaluation.why_none, opening_log);
  if (!found) return evaluation;
  require_same_classes(recipe, *found, trained);
  evaluation.classes = describe_classes(*found, recipe, log);
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const data::LabelledSplits splits = eval::limit_splits(*found, config, seed);
  if (config.max_train_images > 0) require_two_classes(splits, config);
  const eval::ExtractionSettings extraction = extraction_settings(recipe, log);

  report::Evaluations evaluations;
  const std::filesystem::path folder = metrics.path().parent_path();
  const std::int64_t learned = trained.size();
  evaluations.of_network = [=, &stop](const methods::Method& method) {
    std::vector<eval::EvaluationRow> rows;
    if (const auto* classifier = method.classifier()) {
      rows.push_back(
          classify(*classifier, *input, learned, splits.test, extraction, folder, stop, log));
    }
    if (!reads_features(config)) return rows;
    const auto frozen =
        eval::evaluate_backbone(method.backbone(), splits, config, extraction, seed, stop, log);
    rows.insert(rows.end(), frozen.rows.begin(), frozen.rows.end());
    return rows;
  };
  const core::Size size = eval::raw_pixel_size(input->size);
  if (!reads_features(config)) {
    // Nothing is asked of raw pixels.
  } else if (pixels_fit_memory(size, input->channels, splits)) {
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
  evaluation.observer =
      std::make_unique<report::EvaluationObserver>(schedule, std::move(evaluations), metrics, log);
  return evaluation;
}

}  // namespace dbot::run
