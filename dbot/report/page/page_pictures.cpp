#include <algorithm>

#include "dbot/report/page/page_exhibits.h"
#include "dbot/report/page/page_parts.h"
#include "dbot/report/page/picture_embedder.h"
#include "dbot/report/pictures/set/picture_set_json.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

PageJson group_json(const PictureGroup& group, const fs::path& folder, PictureEmbedder& embedder) {
  PageJson pictures = PageJson::array();
  for (const Picture& picture : group.pictures) {
    const PageJson source = embedder.data_uri(folder, picture.file);
    if (source.is_null()) continue;
    pictures.push_back({{"source", source},
                        {"name", shown_text(picture.name)},
                        {"caption", shown_text(picture.caption)}});
  }
  return {{"kind", shown_text(group.kind)},
          {"title", shown_text(group.title)},
          {"explanation", shown_text(group.explanation)},
          {"pictures", std::move(pictures)}};
}

PageJson map_json(const EmbeddingMap& map, PageJson atlas) {
  PageJson points = PageJson::array();
  for (const EmbeddingMap::Point& point : map.points) {
    points.push_back({point.x, point.y, point.label, shown_text(point.name)});
  }
  PageJson classes = PageJson::array();
  for (const std::string& name : map.classes) classes.push_back(shown_text(name));
  return {{"atlas", std::move(atlas)},
          {"thumbnail_size", map.thumbnail_size},
          {"columns", map.columns},
          {"points", std::move(points)},
          {"classes", std::move(classes)}};
}

// Rows whose samples are on the map; others cannot be drawn.
PageJson neighbours_json(const PictureSet& set, const std::vector<Neighbours>& all) {
  PageJson rows = PageJson::array();
  const auto count = set.map ? std::ssize(set.map->points) : 0;
  const auto on_map = [count](std::int64_t index) { return index >= 0 && index < count; };
  for (const Neighbours& row : all) {
    const bool whole = on_map(row.query) && std::ranges::all_of(row.nearest, on_map) &&
                       row.nearest.size() == row.similarity.size();
    if (!whole) continue;
    rows.push_back(
        {{"query", row.query}, {"nearest", row.nearest}, {"similarity", row.similarity}});
  }
  return rows;
}

}  // namespace

PageJson pictures_part(const fs::path& run, const std::vector<PictureSet>& sets,
                       LeftOut& left_out) {
  std::vector<PageJson> newest_first;
  PictureEmbedder embedder(left_out);
  ExhibitBudget budget(left_out);
  for (auto set = sets.rbegin(); set != sets.rend(); ++set) {
    const fs::path folder = picture_folder(run, set->label);
    PageJson part{
        {"label", shown_text(set->label)},
        {"step", set->step},
        {"stage", set->stage + 1},
        {"health", health_json(set->health)},
        {"groups", PageJson::array()},
        {"exhibits", exhibits_part(set->gallery, set->label, folder, embedder, budget, left_out)},
        {"map", nullptr},
        {"neighbours", neighbours_json(*set, set->neighbours)},
        {"pixel_neighbours", neighbours_json(*set, set->pixel_neighbours)}};
    for (const PictureGroup& group : set->groups) {
      part["groups"].push_back(group_json(group, folder, embedder));
    }
    if (set->map) {
      const auto number = static_cast<std::size_t>(sets.rend() - set) - 1;
      part["map"] = map_json(*set->map, embedder.data_uri_once(folder, set->map->atlas, number));
    }
    newest_first.push_back(std::move(part));
  }
  PageJson list = PageJson::array();
  for (auto set = newest_first.rbegin(); set != newest_first.rend(); ++set) {
    list.push_back(std::move(*set));
  }
  return list;
}

}  // namespace dbot::report
