#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "dbot/core/files/files.h"
#include "dbot/report/page/page_parts.h"
#include "dbot/report/pictures/set/picture_file.h"
#include "dbot/report/pictures/set/picture_set_json.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

// A page that a phone can open.
constexpr std::size_t most_picture_bytes = std::size_t{32} << 20;  // of all files together
constexpr std::size_t largest_picture = std::size_t{8} << 20;

/// Turns files of one folder into data URIs as long as the budget lasts.
class Embedder {
 public:
  explicit Embedder(LeftOut& left_out) : left_out_(left_out) {}
  ~Embedder() {
    if (too_many_ > 0) {
      left_out_.push_back(fmt::format("{} pictures: a page holds {} MiB of them", too_many_,
                                      most_picture_bytes >> 20));
    }
  }

  /// Null if the file is missing, no picture, or too large.
  PageJson data_uri(const fs::path& folder, const std::string& file) {
    const std::string content = bytes_of(folder, file);
    return content.empty() ? PageJson() : uri_of(content);
  }

  /// The same, but the number of the set that has it already where one has.
  PageJson data_uri_once(const fs::path& folder, const std::string& file, std::size_t set) {
    const std::string content = bytes_of(folder, file);
    if (content.empty()) return nullptr;
    const auto [found, is_new] =
        sets_.try_emplace(core::checksum(std::as_bytes(std::span(content))), set);
    if (is_new) return uri_of(content);
    used_ -= content.size();
    return found->second;
  }

 private:
  /// Empty if it cannot be shown.
  std::string bytes_of(const fs::path& folder, const std::string& file) {
    // Only a name in this folder: a run from elsewhere must not show other files of this machine.
    const fs::path path = folder / file;
    std::error_code error;
    const bool own = fs::path(file).filename() == fs::path(file) &&
                     fs::is_regular_file(fs::symlink_status(path, error));
    const auto bytes = own ? fs::file_size(path, error) : 0;
    if (!own || error || bytes > largest_picture) return missing(path);
    if (used_ + bytes > most_picture_bytes) {
      ++too_many_;
      return {};
    }
    std::string content = read_bounded(path, largest_picture);
    if (!picture_kind(content)) return missing(path);
    used_ += content.size();
    return content;
  }

  static PageJson uri_of(const std::string& content) {
    return fmt::format("data:{};base64,{}", picture_kind(content)->type, base64(content));
  }

  std::string missing(const fs::path& path) {
    left_out_.push_back(fmt::format("{}: not a picture of this run", path.filename().string()));
    return {};
  }

  LeftOut& left_out_;
  std::map<std::string, std::size_t> sets_;  // by checksum
  std::size_t used_ = 0;
  std::size_t too_many_ = 0;
};

PageJson group_json(const PictureGroup& group, const fs::path& folder, Embedder& embedder) {
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
  Embedder embedder(left_out);
  for (auto set = sets.rbegin(); set != sets.rend(); ++set) {
    const fs::path folder = picture_folder(run, set->label);
    PageJson part{{"label", shown_text(set->label)},
                  {"step", set->step},
                  {"stage", set->stage + 1},
                  {"health", health_json(set->health)},
                  {"groups", PageJson::array()},
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
