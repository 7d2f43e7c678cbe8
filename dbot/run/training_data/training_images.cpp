#include "dbot/run/training_data/training_images.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/audit/class_doubt.h"
#include "dbot/data/concatenation.h"
#include "dbot/data/sources/find_source.h"
#include "dbot/data/sources/labelled_share.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/subset.h"
#include "dbot/data/tasks/all_at_once.h"
#include "dbot/data/tasks/task_split.h"
#include "dbot/data/text/captions/captions.h"
#include "dbot/data/text/tables/labelled_words.h"
#include "dbot/run/training_data/training_rows.h"

namespace dbot::run {
namespace {

/// Whoever says that folders are classes stands for them.
void warn_of_masks(const std::filesystem::path& path, const data::Dataset& images,
                   const data::Choice& choice, const core::Log& log) {
  const auto doubt = choice.labels == "folder" ? "" : data::doubt_about_masks(images);
  if (doubt.empty()) return;
  log(core::LogLevel::warning,
      fmt::format("[data] {}: the classes {}: a run trains on all of them. Name the folder of the "
                  "photographs in place of this one, or list the masks in data.leave_out",
                  path.string(), doubt));
}

}  // namespace

data::Choice choice_of(const Recipe& recipe) {
  // Labels that are named beside other data for evaluation are theirs.
  const bool of_these = recipe.evaluate.data.empty();
  return {.leave_out = recipe.data.leave_out,
          .labels = of_these ? recipe.evaluate.labels : std::string()};
}

namespace {

/// Whoever learns labels cannot know a class that it never sees.
void require_known_classes(const data::LabelledSplits& splits) {
  std::vector<bool> known(splits.train->classes().size());
  for (std::int64_t i = 0; i < splits.train->size(); ++i) {
    known.at(static_cast<std::size_t>(splits.train->label(i))) = true;
  }
  if (std::ranges::count(known, true) < 2) {
    throw DataError({.operation = "data",
                     .subject = splits.description,
                     .fault = Fault::unlabelled,
                     .reason = "have training images of fewer than two classes",
                     .way_out = "put images of at least two classes into the part to train on"});
  }
  for (std::int64_t i = 0; i < splits.test->size(); ++i) {
    const std::int64_t label = splits.test->label(i);
    if (label < 0 || known.at(static_cast<std::size_t>(label))) continue;
    throw DataError(
        {.operation = "data",
         .subject = splits.test->name(i),
         .fault = Fault::mismatch,
         .reason = fmt::format("is of the class {}, of which there is no image to train "
                               "on",
                               splits.test->classes().at(static_cast<std::size_t>(label))),
         .way_out = "add some to the part to train on, or leave the class out of the "
                    "part to test on (data.leave_out)"});
  }
}

/// Sets aside what judges the run: never images of the part to test on.
void hold_out(TrainingImages& training, double share, std::uint64_t seed, const core::Log& log) {
  const auto all = training.images;
  data::HeldOut parts = data::hold_out(*all, share, seed);
  if (parts.held_out.empty()) return;
  log(core::LogLevel::information,
      fmt::format("{} of {} labelled training images are held out for validations",
                  parts.held_out.size(), all->size()));
  training.held_out = data::subset(all, std::move(parts.held_out));
  training.images = data::subset(all, std::move(parts.kept));
}

/// Each stage's part of what is learned from, and of what is held out.
void divide_into_tasks(TrainingImages& training, const methods::Outline& outline,
                       std::uint64_t seed) {
  const auto tasks =
      data::split_into_tasks(training.images, *outline.tasks, seed, data::TaskUse::learning);
  training.division = data::describe_tasks(tasks);
  std::vector<std::shared_ptr<const data::Dataset>> judged;
  if (training.held_out) {
    judged =
        data::split_into_tasks(training.held_out, *outline.tasks, seed, data::TaskUse::judging);
  }
  const auto part = [](const auto& parts, std::int64_t task) {
    return task == methods::kAllTasks ? data::all_at_once(parts)
                                      : parts.at(static_cast<std::size_t>(task));
  };
  for (const methods::OwnStage& stage : outline.own_stages) {
    training.of_stage.push_back(part(tasks, stage.task));
    if (!judged.empty()) training.held_out_of_stage.push_back(part(judged, stage.task));
  }
}

TrainingImages open_labelled_images(const std::vector<std::filesystem::path>& paths,
                                    const methods::Outline& outline, const Recipe& recipe,
                                    const core::Log& log) {
  if (paths.size() > 1) {
    throw UsageError({.operation = "data",
                      .subject = fmt::format("{} sources", paths.size()),
                      .fault = Fault::unsupported,
                      .reason = "are given, but labels are learned from one",
                      .way_out = "put the images into one folder, or name one list of them"});
  }
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const data::LabelledSplits splits = open_labelled_samples(paths.front(), recipe, log);
  require_known_classes(splits);
  TrainingImages training;
  training.kind =
      outline.words ? splits.labels : data::find_source(paths.front(), core::silent_log()).kind->id;
  training.images = splits.train;
  if (const auto& labels = *outline.labels; !labels.all()) {
    training.images = data::subset(splits.train, data::draw_labelled(*splits.train, labels, seed));
  }
  if (recipe.validation.every_epochs > 0) hold_out(training, outline.held_out_labels, seed, log);
  training.sizes = {training.images->size()};
  training.chosen = training.images != splits.train;
  if (outline.tasks) divide_into_tasks(training, outline, seed);
  return training;
}

/// Where the captions of images come from; nothing where they are not read.
std::optional<std::string> captions_of(const Recipe& recipe) {
  const auto texts = methods::catalogue::outline(recipe.method).texts;
  if (!texts || texts->captions == 0) return std::nullopt;
  return texts->captions_path;
}

data::DataParts open_parts(const std::filesystem::path& path, data::Wanted wanted,
                           const Recipe& recipe, const data::OpenContext& context) {
  const auto captions = captions_of(recipe);
  return captions ? data::open_with_captions(path, wanted, *captions, context)
                  : data::open(path, wanted, context);
}

}  // namespace

data::LabelledSplits open_labelled_samples(const std::filesystem::path& path, const Recipe& recipe,
                                           const core::Log& log) {
  if (const auto words = methods::catalogue::outline(recipe.method).words) {
    return data::open_labelled_words(path, words->length, log);
  }
  return data::open_labelled(path, static_cast<std::uint64_t>(recipe.train.seed), log,
                             choice_of(recipe), content_of(recipe));
}

data::Content content_of(const Recipe& recipe) {
  return methods::catalogue::outline(recipe.method).clips ? data::Content::videos
                                                          : data::Content::images;
}

std::shared_ptr<const data::Dataset> open_held_out_images(const std::filesystem::path& path,
                                                          const Recipe& recipe,
                                                          const core::Log& log) try {
  const data::Choice choice = choice_of(recipe);
  return open_parts(path, data::Wanted::held_out, recipe,
                    {.log = log, .choice = choice, .content = content_of(recipe)})
      .held_out();
} catch (const DataError&) {
  return nullptr;
}

TrainingImages open_training_images(const std::vector<std::filesystem::path>& paths,
                                    const Recipe& recipe, const core::StopRequest& stop,
                                    const core::Log& log) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  if (outline.rows) return open_training_rows(paths, recipe, log);
  if (outline.labels) return open_labelled_images(paths, outline, recipe, log);
  TrainingImages training;
  std::vector<std::string_view> kinds;
  std::vector<std::shared_ptr<const data::Dataset>> sources;
  data::Choice wanted = choice_of(recipe);
  for (const auto& path : paths) {
    auto parts =
        open_parts(path, data::Wanted::train, recipe,
                   {.log = log, .stop = &stop, .choice = wanted, .content = content_of(recipe)});
    if (!outline.clips) warn_of_masks(path, *parts.train, wanted, log);
    if (wanted.labels != "none" && wanted.labels != "folder") wanted.labels.clear();
    if (auto captioned = std::dynamic_pointer_cast<const data::CaptionedDataset>(parts.train)) {
      training.captioned.push_back(std::move(captioned));
    }
    kinds.push_back(parts.source.kind->id);
    sources.push_back(std::move(parts.train));
    training.sizes.push_back(sources.back()->size());
  }
  std::ranges::sort(kinds);
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  training.kind = fmt::format("{}", fmt::join(kinds, ", "));
  training.images = data::concatenate(std::move(sources));
  return training;
}

void check_weights(const Recipe& recipe, std::size_t sources) {
  const std::size_t weights = recipe.data.weights.size();
  if (weights == 0 || weights == sources) return;
  throw UsageError(
      {.operation = "recipe",
       .subject = "data.weights",
       .fault = Fault::mismatch,
       .reason = fmt::format("has {} {}, but there {} {} of data", weights,
                             weights == 1 ? "number" : "numbers", sources == 1 ? "is" : "are",
                             sources == 1 ? "1 source" : fmt::format("{} sources", sources)),
       .way_out = "give one weight for each"});
}

std::vector<data::SourceShare> source_shares(const Recipe& recipe,
                                             const std::vector<std::int64_t>& sizes) {
  check_weights(recipe, sizes.size());
  std::vector<data::SourceShare> shares;
  for (std::size_t i = 0; i < recipe.data.weights.size(); ++i) {
    shares.push_back({sizes[i], recipe.data.weights[i]});
  }
  return shares;
}

}  // namespace dbot::run
