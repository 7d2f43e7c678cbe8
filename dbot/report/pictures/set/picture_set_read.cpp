// Reading pictures.json. A run folder may come from anywhere, so nothing in it is trusted.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/json.h"
#include "dbot/report/pictures/set/exhibit_files.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/report/pictures/set/picture_set_fields.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace fields;  // NOLINT(google-build-using-namespace): all of them

constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 20;
constexpr std::size_t kMostGroups = 64;
constexpr std::size_t kMostPictures = 4096;
constexpr std::size_t kMostPoints = 10000;
constexpr std::size_t kMostClasses = 100000;
constexpr std::int64_t kMostSteps = std::int64_t{1} << 53;

PictureGroup read_group(const json& object) {
  PictureGroup group{text(object, "kind"), text(object, "title"), text(object, "explanation"), {}};
  for (const json& picture : list(object, "pictures", kMostPictures)) {
    group.pictures.push_back(
        {file_name(picture, "file"), text(picture, "name"), text(picture, "caption")});
  }
  return group;
}

EmbeddingMap read_map(const json& object) {
  EmbeddingMap map;
  map.atlas = file_name(object, "atlas");
  map.thumbnail_size = integer_of(object, "thumbnail_size", 1, 4096);
  map.columns = integer_of(object, "columns", 1, static_cast<std::int64_t>(kMostPoints));
  for (const json& name : list(object, "classes", kMostClasses)) {
    if (!name.is_string()) refuse("a class has no name");
    map.classes.push_back(name.get<std::string>());
  }
  const auto classes = static_cast<std::int64_t>(map.classes.size());
  for (const json& point : list(object, "points", kMostPoints)) {
    map.points.push_back({bounded(member(point, "x"), "x", 0, 1),
                          bounded(member(point, "y"), "y", 0, 1),
                          integer_of(point, "label", -1, classes - 1), text(point, "name")});
  }
  return map;
}

Neighbours read_neighbours(const json& object, std::int64_t points) {
  Neighbours row;
  row.query = integer_of(object, "query", 0, points - 1);
  for (const json& value : list(object, "nearest", kMostPoints)) {
    row.nearest.push_back(integer(value, "nearest", 0, points - 1));
  }
  for (const json& value : list(object, "similarity", kMostPoints)) {
    row.similarity.push_back(bounded(value, "similarity", -1.001, 1.001));
  }
  if (row.nearest.size() != row.similarity.size()) {
    refuse("\"nearest\" and \"similarity\" differ in length");
  }
  return row;
}

ComparedFigures read_compared(const json& object) {
  ComparedFigures figures;
  figures.images = integer_of(object, "images", 1, static_cast<std::int64_t>(kMostPoints));
  const json& held_out = member(object, "held_out");
  if (!held_out.is_boolean()) refuse("\"held_out\" is neither true nor false");
  figures.held_out = held_out.get<bool>() ? 1 : 0;
  figures.effective_rank = figure(object, "effective_rank");
  figures.rank_me = figure(object, "rank_me");
  figures.mean_cosine = figure(object, "mean_cosine");
  figures.own_crop_nearest = figure(object, "own_crop_nearest");
  figures.shared_neighbours = figure(object, "shared_neighbours");
  figures.prediction_inside = figure(object, "prediction_inside");
  figures.target_inside = figure(object, "target_inside");
  figures.way_to_zero = figure(object, "way_to_zero");
  return figures;
}

FeatureHealth read_health(const json& object) {
  if (!object.is_object()) refuse("\"health\" is no object");
  FeatureHealth health;
  health.effective_rank = figure(object, "effective_rank");
  health.width = figure(object, "width");
  health.images = figure(object, "images");
  health.mean_cosine = figure(object, "mean_cosine");
  health.prediction_deviation = figure(object, "prediction_deviation");
  health.target_deviation = figure(object, "target_deviation");
  health.constant_loss = figure(object, "constant_loss");
  health.position_loss = figure(object, "position_loss");
  health.training_loss = figure(object, "training_loss");
  health.held_out_loss = figure(object, "held_out_loss");
  // Older sets have none.
  if (const auto compared = object.find("compared"); compared != object.end()) {
    if (!compared->is_null()) health.compared = read_compared(*compared);
  }
  return health;
}

PictureSet read_set(const json& document) {
  integer_of(document, "version", 1, 1);
  PictureSet set;
  set.label = text(document, "label");
  // Older sets name no moment.
  set.moment = moment_of(document.contains("moment") ? text(document, "moment") : "", set.label);
  set.step = integer_of(document, "step", 0, kMostSteps);
  set.stage = integer_of(document, "stage", 1, 1 << 20) - 1;
  for (const json& group : list(document, "groups", kMostGroups)) {
    set.groups.push_back(read_group(group));
  }
  if (const json& map = member(document, "map"); !map.is_null()) set.map = read_map(map);
  const auto points = set.map ? static_cast<std::int64_t>(set.map->points.size()) : 0;
  for (const json& row : list(document, "neighbours", kMostPoints)) {
    set.neighbours.push_back(read_neighbours(row, points));
  }
  if (document.contains("pixel_neighbours")) {  // older sets have none
    for (const json& row : list(document, "pixel_neighbours", kMostPoints)) {
      set.pixel_neighbours.push_back(read_neighbours(row, points));
    }
  }
  set.health = read_health(member(document, "health"));
  return set;
}

}  // namespace

PictureSet read_picture_set(const fs::path& folder) {
  const fs::path file = folder / "pictures.json";
  std::error_code error;
  const std::uintmax_t bytes = fs::is_regular_file(file, error) ? fs::file_size(file, error) : 0;
  if (error || bytes == 0) {
    throw DataError(
        {.operation = "pictures",
         .subject = file.string(),
         .fault = Fault::missing,
         .reason = "is missing or empty; it is written by `dbot pretrain` and `dbot reconstruct`"});
  }
  if (bytes > kMostBytes) {
    throw DataError(
        {.operation = "pictures",
         .subject = file.string(),
         .fault = Fault::too_large,
         .reason = fmt::format("has {} bytes, expected at most {}", bytes, kMostBytes)});
  }
  try {
    PictureSet set = read_set(core::parse_json(core::read_text_file(file)));
    set.gallery = read_exhibits(folder);
    return set;
  } catch (const json::exception& problem) {
    throw DataError({.operation = "pictures",
                     .subject = file.string(),
                     .fault = Fault::corrupt,
                     .reason = fmt::format("is not JSON: {}", problem.what())});
  } catch (const Error& problem) {
    throw DataError({.operation = "pictures",
                     .subject = file.string(),
                     .reason = fmt::format(": {}", problem.what()),
                     .way_out = "draw the pictures again with `dbot reconstruct`"});
  }
}

std::vector<PictureSet> read_picture_sets(const fs::path& run) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(run / "pictures", error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with('.')) folders.push_back(entry->path());
  }
  std::ranges::sort(folders);
  std::vector<PictureSet> sets;
  for (const fs::path& folder : folders) {
    try {
      PictureSet set = read_picture_set(folder);
      // Who looks for its files goes by the label.
      if (picture_folder(run, set.label) == folder) sets.push_back(std::move(set));
    } catch (const Error&) {
      // Not a set, or a damaged one: others still tell something.
    }
  }
  std::ranges::stable_sort(sets, {}, &PictureSet::step);
  return sets;
}

}  // namespace dbot::report
