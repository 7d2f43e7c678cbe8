#include "dbot/run/pretrain/held_out.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/subset.h"
#include "dbot/data/text/captions/captioned_dataset.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/batch_parts.h"
#include "dbot/run/training_data/training_images.h"

namespace dbot::run {
namespace {

/// The key that most needs held-out samples, as people wrote it.
std::string asking_key(const train::ValidationConfig& config) {
  if (config.keep_best) return "train.keep_best";
  return config.patience > 0 ? "train.patience" : "validation.every_epochs";
}

data::LoaderConfig one_pass(const Recipe& recipe) {
  data::LoaderConfig config;
  config.batch_size = recipe.train.batch_size;
  config.workers = workers_of(recipe);
  config.seed = static_cast<std::uint64_t>(recipe.train.seed);
  config.training = false;
  config.max_bad_fraction = recipe.data.max_bad_fraction;
  return config;
}

/// Held-out samples, and what a batch has of each.
struct JudgedBy {
  std::shared_ptr<const data::Dataset> images;
  std::vector<data::BatchPartFactory> parts = {};
};

/// Null where there are none.
std::shared_ptr<const data::Dataset> find_images(const Recipe& recipe,
                                                 const std::filesystem::path& source,
                                                 const TrainingImages& training,
                                                 const core::Log& log) {
  // Images to test on decide nothing of a system that is judged by them in the end.
  if (methods::catalogue::outline(recipe.method).labels) return training.held_out;
  return open_held_out_images(source, recipe, log);
}

[[noreturn]] void refuse_without_images(const Recipe& recipe, const std::filesystem::path& source,
                                        const std::string& key) {
  const bool learns_labels = methods::catalogue::outline(recipe.method).labels.has_value();
  throw UsageError(
      {.operation = "recipe",
       .subject = key,
       .fault = Fault::missing,
       .reason = learns_labels
                     ? std::string("needs held-out images, and with one labelled training image of "
                                   "each class none can be spared")
                     : fmt::format("needs held-out images, and {} has none beside those that are "
                                   "trained on",
                                   source.string()),
       .way_out =
           learns_labels
               ? "learn from more labels (labels.per_class, labels.share), or leave the key "
                 "out"
               : "divide them into train/ and val/ (dbot data split), or leave the key out"});
}

/// A loss of captions that are not there would be 0 and look like success.
void require_captions(const data::Dataset& images, const std::filesystem::path& source,
                      const std::string& key) {
  const auto* captioned = dynamic_cast<const data::CaptionedDataset*>(&images);
  if (captioned == nullptr) return;
  for (std::int64_t i = 0; i < captioned->size(); ++i) {
    if (!captioned->captions(i).empty()) return;
  }
  throw UsageError({.operation = "recipe",
                    .subject = key,
                    .fault = Fault::missing,
                    .reason = fmt::format("needs held-out images with captions, and those of {} "
                                          "have none",
                                          source.string()),
                    .way_out = "give them captions (text.captions), or leave the key out"});
}

}  // namespace

train::ValidationSettings open_validation(const Recipe& recipe, const std::filesystem::path& source,
                                          const TrainingImages& training,
                                          const TrainingTexts& texts, const methods::Method& method,
                                          const core::Log& log) {
  const train::ValidationConfig& wanted = recipe.validation;
  if (wanted.every_epochs <= 0) return {};
  const std::string key = asking_key(wanted);
  if (!method.measure_held_out()) {
    throw UsageError(
        {.operation = "recipe",
         .subject = key,
         .fault = Fault::unsupported,
         .reason = "needs a figure of held-out samples, which this system has not",
         .way_out =
             fmt::format("set validation.every_epochs, train.patience and train.keep_best to their "
                         "defaults{}",
                         method.labeller() != nullptr
                             ? "; evaluate.every_epochs compares its policies as it goes"
                             : "")});
  }
  auto images = find_images(recipe, source, training, log);
  if (!images) refuse_without_images(recipe, source, key);
  require_captions(*images, source, key);
  // Of each stage, or one for all.
  std::vector<JudgedBy> sets;
  for (const auto& stage : training.held_out_of_stage) sets.push_back({.images = stage});
  if (sets.empty()) sets.push_back({.images = images});
  for (JudgedBy& set : sets) {
    set.images = data::limited(std::move(set.images), wanted.max_samples,
                               static_cast<std::uint64_t>(recipe.train.seed));
    set.parts = batch_parts(recipe, set.images, texts, Reading::judging, core::silent_log());
  }
  const auto open = [sets, config = one_pass(recipe),
                     log = std::make_shared<core::Log>(log)](std::int64_t stage) {
    const JudgedBy& set =
        sets.size() == 1 ? sets.front() : sets.at(static_cast<std::size_t>(stage));
    return std::make_unique<data::Loader>(set.images, set.parts, config,
                                          std::exchange(*log, core::silent_log()));
  };
  return {.config = wanted, .make_loader = open};
}

}  // namespace dbot::run
