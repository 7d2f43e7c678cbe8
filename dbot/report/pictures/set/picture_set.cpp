#include "dbot/report/pictures/set/picture_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/report/pictures/set/exhibit_files.h"
#include "dbot/report/pictures/set/picture_set_json.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

ordered_json to_json(const PictureGroup& group) {
  ordered_json pictures = ordered_json::array();
  for (const Picture& picture : group.pictures) {
    pictures.push_back(
        {{"file", picture.file}, {"name", picture.name}, {"caption", picture.caption}});
  }
  return {{"kind", group.kind},
          {"title", group.title},
          {"explanation", group.explanation},
          {"pictures", std::move(pictures)}};
}

ordered_json to_json(const EmbeddingMap& map) {
  ordered_json points = ordered_json::array();
  for (const EmbeddingMap::Point& point : map.points) {
    points.push_back(
        {{"x", point.x}, {"y", point.y}, {"label", point.label}, {"name", point.name}});
  }
  return {{"atlas", map.atlas},
          {"thumbnail_size", map.thumbnail_size},
          {"columns", map.columns},
          {"classes", map.classes},
          {"points", std::move(points)}};
}

ordered_json to_json(const std::vector<Neighbours>& rows) {
  ordered_json list = ordered_json::array();
  for (const Neighbours& row : rows) {
    list.push_back(
        {{"query", row.query}, {"nearest", row.nearest}, {"similarity", row.similarity}});
  }
  return list;
}

/// Null where nothing was measured, as by older programs.
ordered_json to_json(const ComparedFigures& figures) {
  if (!std::isfinite(figures.images)) return nullptr;
  return {{"images", static_cast<std::int64_t>(figures.images)},
          {"held_out", figures.held_out > 0},
          {"effective_rank", figures.effective_rank},
          {"rank_me", figures.rank_me},
          {"mean_cosine", figures.mean_cosine},
          {"own_crop_nearest", figures.own_crop_nearest},
          {"shared_neighbours", figures.shared_neighbours},
          {"prediction_inside", figures.prediction_inside},
          {"target_inside", figures.target_inside},
          {"way_to_zero", figures.way_to_zero}};
}

}  // namespace

ordered_json health_json(const FeatureHealth& health) {
  return {{"effective_rank", health.effective_rank},
          {"width", health.width},
          {"images", health.images},
          {"mean_cosine", health.mean_cosine},
          {"prediction_deviation", health.prediction_deviation},
          {"target_deviation", health.target_deviation},
          {"constant_loss", health.constant_loss},
          {"position_loss", health.position_loss},
          {"training_loss", health.training_loss},
          {"held_out_loss", health.held_out_loss},
          {"compared", to_json(health.compared)}};
}

void write_picture_set(const fs::path& folder, const PictureSet& set) {
  ordered_json json{{"version", 1},
                    {"label", set.label},
                    {"moment", moment_name(set.moment)},
                    {"step", set.step},
                    {"stage", set.stage + 1},
                    {"groups", ordered_json::array()},
                    {"map", nullptr},
                    {"neighbours", to_json(set.neighbours)},
                    {"pixel_neighbours", to_json(set.pixel_neighbours)},
                    {"health", health_json(set.health)}};
  for (const PictureGroup& group : set.groups) json["groups"].push_back(to_json(group));
  if (set.map) json["map"] = to_json(*set.map);
  write_exhibits(folder, set.gallery);
  // Names of files need not be UTF-8.
  core::write_file_atomically(folder / "pictures.json",
                              json.dump(1, ' ', false, ordered_json::error_handler_t::replace));
}

fs::path picture_folder(const fs::path& run, const std::string& label) {
  std::string name = label;
  const auto is_plain = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '.' || letter == '_';
  };
  std::ranges::replace_if(
      name, [&](char letter) { return !is_plain(letter); }, '-');
  if (name.empty() || name.front() == '.') name.insert(0, "-");
  return run / "pictures" / name;
}

}  // namespace dbot::report
