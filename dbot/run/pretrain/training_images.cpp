#include "dbot/run/pretrain/training_images.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/audit/class_doubt.h"
#include "dbot/data/concatenation.h"
#include "dbot/data/sources/open.h"

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

TrainingImages open_training_images(const std::vector<std::filesystem::path>& paths,
                                    const data::Choice& choice, const core::StopRequest& stop,
                                    const core::Log& log) {
  TrainingImages training;
  std::vector<std::string_view> kinds;
  std::vector<std::shared_ptr<const data::Dataset>> sources;
  data::Choice wanted = choice;
  for (const auto& path : paths) {
    auto parts =
        data::open(path, data::Wanted::train, {.log = log, .stop = &stop, .choice = wanted});
    warn_of_masks(path, *parts.train, wanted, log);
    if (wanted.labels != "none" && wanted.labels != "folder") wanted.labels.clear();
    kinds.push_back(parts.source.kind->id);
    sources.push_back(std::move(parts.train));
    training.sizes.push_back(sources.back()->size());
  }
  std::ranges::sort(kinds);
  kinds.erase(std::ranges::unique(kinds).begin(), kinds.end());
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
