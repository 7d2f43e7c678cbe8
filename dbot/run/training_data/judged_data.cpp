#include "dbot/run/training_data/judged_data.h"

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/run/training_data/training_images.h"

namespace dbot::run {
namespace {

constexpr const char* kWithoutLabels = "No class folders: judged without labels.";

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

using Opening = std::function<data::LabelledSplits(data::Content, const core::Log&)>;

/// What a system of clips is judged on: videos or, where none are found, images.
data::LabelledSplits open_videos_or_images(const Opening& open, const core::Log& log) {
  std::vector<std::pair<core::LogLevel, std::string>> told;  // of videos, if there are some
  std::optional<DataError> without_labels;
  try {
    auto videos = open(data::Content::videos, [&](core::LogLevel level, std::string_view text) {
      told.emplace_back(level, text);
    });
    for (const auto& [level, text] : told) log(level, text);
    return videos;
  } catch (const DataError& error) {
    if (error.fault() == Fault::unlabelled) without_labels = error;
  }
  try {
    return open(data::Content::images, log);
  } catch (const DataError&) {
    if (without_labels) throw *without_labels;
    throw;
  }
}

data::LabelledSplits open_named(const Recipe& recipe,
                                const std::vector<std::filesystem::path>& sources,
                                const core::Log& log) {
  const std::string& path = recipe.evaluate.data;
  if (methods::catalogue::outline(recipe.method).words) {
    return open_labelled_samples(path, recipe, log);
  }
  const Opening open = [&](data::Content content, const core::Log& told) {
    return data::open_labelled(path, static_cast<std::uint64_t>(recipe.train.seed), told,
                               choice_for(path, recipe, sources), content);
  };
  try {
    if (content_of(recipe) == data::Content::videos) return open_videos_or_images(open, log);
    return open(data::Content::images, log);
  } catch (const DataError& error) {
    throw DataError({.operation = "recipe",
                     .subject = fmt::format("evaluate.data is \"{}\"", path),
                     .fault = error.fault(),
                     .reason = fmt::format(", which cannot be used: {}", error.what())});
  }
}

}  // namespace

std::optional<data::LabelledSplits> open_judged_data(
    const Recipe& recipe, const std::vector<std::filesystem::path>& sources, std::string& why_none,
    const core::Log& log) {
  const auto tell = [&](const std::string& reason) {
    log(core::LogLevel::information, "no evaluation: " + reason);
    return std::nullopt;
  };
  if (recipe.evaluate.labels == "none") return tell("evaluate.labels is none");
  if (!recipe.evaluate.data.empty()) return open_named(recipe, sources, log);
  try {
    auto splits = open_labelled_samples(sources.front(), recipe, log);
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

}  // namespace dbot::run
