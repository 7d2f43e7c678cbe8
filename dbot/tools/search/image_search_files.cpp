#include <algorithm>
#include <utility>

#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/data/sources/names_within.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/report/page/page.h"
#include "dbot/report/page/search_page.h"
#include "dbot/report/pictures/set/png_write.h"
#include "dbot/report/pictures/sheet/small_picture.h"
#include "dbot/tools/search/image_search.h"

namespace dbot::tools {
namespace {

// Of a page that a phone can open and a sheet that fits into memory; one query is always shown.
constexpr std::size_t kMostPictures = 500;

std::string label_of(const data::Dataset& dataset, std::int64_t image) {
  const std::int64_t label = dataset.label(image);
  const auto& classes = dataset.classes();
  return label < 0 || label >= std::ssize(classes) ? "" : classes[static_cast<std::size_t>(label)];
}

report::SearchedImage shown_image(const data::Dataset& dataset, std::int64_t image,
                                  std::string name, const data::PixelFormat& format) {
  return {.name = std::move(name),
          .label = label_of(dataset, image),
          .picture = report::small_picture(dataset, image, format, report::kSheetTile)};
}

report::SearchedQuery shown_query(const ImageSearch& search, std::size_t query,
                                  const data::Dataset& set, const data::NamesWithin& within,
                                  const data::PixelFormat& format) {
  const data::Dataset& queries = *search.queries.images;
  const auto number = static_cast<std::int64_t>(query);
  report::SearchedQuery shown{
      .query = shown_image(queries, number, within(queries.name(number)), format), .nearest = {}};
  for (const FoundImage& found : search.nearest[query]) {
    report::SearchedImage image =
        shown_image(set, found.image, within(set.name(found.image)), format);
    image.similarity = found.similarity;
    image.copy = found.copy;
    shown.nearest.push_back(std::move(image));
  }
  return shown;
}

}  // namespace

SearchFiles write_search(const ImageSearch& search, const data::Dataset& set,
                         const SearchOptions& options, const std::string& model,
                         const data::PixelFormat& format, const std::filesystem::path& out,
                         const core::StopRequest& stop) {
  const data::NamesWithin within({options.data});
  report::SearchShown shown{.data = options.data.string(),
                            .model = model,
                            .features = search.features,
                            .images = search.images,
                            .asked = std::ssize(search.nearest),
                            .queries = {}};
  std::size_t pictures = 0;
  for (std::size_t query = 0; query < search.nearest.size(); ++query) {
    eval::throw_if_stopped("search", stop);
    pictures += 1 + search.nearest[query].size();
    if (query > 0 && pictures > kMostPictures) break;
    shown.queries.push_back(shown_query(search, query, set, within, format));
  }
  const std::vector<report::SheetRow> rows = report::search_sheet(shown);
  SearchFiles files{.page = out / "search.html",
                    .sheet = out / "search.png",
                    .on_sheet = report::rows_of_sheet(rows),
                    .on_page = shown.queries.size()};
  core::create_folders(out);
  report::write_png(files.sheet, report::contact_sheet(rows));
  core::write_file_atomically(files.page,
                              report::search_page_html(report::search_page_data(shown)));
  return files;
}

}  // namespace dbot::tools
