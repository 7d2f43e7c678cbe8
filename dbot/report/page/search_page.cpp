#include "dbot/report/page/search_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbot/report/page/page_json.h"
#include "dbot/report/pictures/set/picture_file.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

constexpr std::size_t kMostPictureBytes = 3'000'000;  // in all, as text

/// Makes pictures part of the page, as long as there is room.
class SearchPictures {
 public:
  PageJson data_uri(const data::Image& picture) {
    if (picture.pixels.empty() || bytes_ > kMostPictureBytes) return nullptr;
    const PictureFile file = encode_picture(picture);
    std::string text = fmt::format("data:{};base64,{}", file.kind.type, base64(file.bytes));
    bytes_ += text.size();
    return text;
  }

 private:
  std::size_t bytes_ = 0;
};

PageJson image_json(const SearchedImage& image, SearchPictures& pictures) {
  return {{"file", shown_text(image.name)},
          {"label", shown_text(image.label)},
          {"picture", pictures.data_uri(image.picture)}};
}

std::int64_t copies_in(const SearchShown& search) {
  std::int64_t copies = 0;
  for (const SearchedQuery& query : search.queries) {
    copies += std::ranges::count(query.nearest, true, &SearchedImage::copy);
  }
  return copies;
}

SheetTile tile_of(const SearchedImage& image, const std::string& first_line) {
  SheetTile tile{.picture = image.picture, .lines = {first_line, image.name}, .marked = image.copy};
  if (!image.label.empty()) tile.lines.push_back(image.label);
  return tile;
}

}  // namespace

std::string search_sentence(const SearchShown& search) {
  std::string text =
      search.asked == 1 ? fmt::format("What {} images hold that is like {}", grouped(search.images),
                                      shown_text(search.queries.front().query.name))
                        : fmt::format("What {} images hold that is like {} others",
                                      grouped(search.images), grouped(search.asked));
  const std::int64_t copies = copies_in(search);
  if (copies == 0) return text + ".";
  return text + fmt::format("; {} of those found {} the same picture.", grouped(copies),
                            copies == 1 ? "is" : "are");
}

std::string search_page_data(const SearchShown& search) {
  SearchPictures pictures;
  PageJson queries = PageJson::array();
  for (const SearchedQuery& query : search.queries) {
    PageJson nearest = PageJson::array();
    PageJson one = image_json(query.query, pictures);
    for (const SearchedImage& image : query.nearest) {
      PageJson found = image_json(image, pictures);
      found["similarity"] = image.similarity;
      found["copy"] = image.copy;
      nearest.push_back(std::move(found));
    }
    one["nearest"] = std::move(nearest);
    queries.push_back(std::move(one));
  }
  return page_json_text({{"version", 1},
                         {"data", shown_text(search.data)},
                         {"model", shown_text(search.model)},
                         {"features", shown_text(search.features)},
                         {"sentence", search_sentence(search)},
                         {"images", search.images},
                         {"asked", search.asked},
                         {"copies", copies_in(search)},
                         {"queries", std::move(queries)}});
}

std::vector<SheetRow> search_sheet(const SearchShown& search) {
  std::vector<SheetRow> rows;
  for (const SearchedQuery& query : search.queries) {
    SheetRow row{.left = tile_of(query.query, "query"), .tiles = {}};
    for (const SearchedImage& image : query.nearest) {
      row.tiles.push_back(
          tile_of(image, fmt::format("{:.4f}{}", image.similarity, image.copy ? " copy" : "")));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace dbot::report
