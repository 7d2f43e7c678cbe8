#include "dbot/report/page/page_exhibits.h"

#include <fmt/format.h>

#include "dbot/report/pictures/set/exhibit_files.h"
#include "dbot/report/pictures/set/exhibit_json.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

// With the photographs of a usual run a page stays below 3 MB.
constexpr std::size_t most_exhibit_bytes = 1000000;

/// The same with every text fit to be shown; exhibits have no keys of foreign names.
void make_fit(PageJson& value) {
  if (value.is_string()) {
    value = shown_text(value.get_ref<const std::string&>());
  } else if (value.is_structured()) {
    for (PageJson& element : value) make_fit(element);
  }
}

/// Null where its picture cannot be shown.
PageJson exhibit_part(const ShownExhibit& exhibit, const std::filesystem::path& folder,
                      PictureEmbedder& embedder) {
  PageJson part = exhibit_json(exhibit);
  make_fit(part);
  if (const auto* drawn = std::get_if<DrawnExhibit>(&exhibit.content)) {
    PageJson source = embedder.data_uri(folder, drawn->file);
    if (source.is_null()) return nullptr;
    part.erase("file");
    part["source"] = std::move(source);
  }
  return part;
}

}  // namespace

ExhibitBudget::~ExhibitBudget() {
  if (too_many_ > 0) {
    left_out_.push_back(
        fmt::format("{} exhibits, of the oldest moments first: a page holds {} MB "
                    "of them",
                    too_many_, most_exhibit_bytes / 1000000));
  }
}

bool ExhibitBudget::take(std::size_t bytes) {
  const bool room = used_ + bytes <= most_exhibit_bytes;
  if (room) {
    used_ += bytes;
  } else {
    ++too_many_;
  }
  return room;
}

PageJson exhibits_part(const ShownGallery& gallery, const std::string& label,
                       const std::filesystem::path& folder, PictureEmbedder& embedder,
                       ExhibitBudget& budget, LeftOut& left_out) {
  PageJson groups = PageJson::array();
  for (const ShownGroup& group : gallery.groups) {
    PageJson exhibits = PageJson::array();
    for (const ShownExhibit& exhibit : group.exhibits) {
      PageJson part = exhibit_part(exhibit, folder, embedder);
      if (!part.is_null() && budget.take(page_json_text(part).size())) {
        exhibits.push_back(std::move(part));
      }
    }
    groups.push_back({{"kind", shown_text(group.kind)},
                      {"title", shown_text(group.title)},
                      {"explanation", shown_text(group.explanation)},
                      {"exhibits", std::move(exhibits)}});
  }
  for (const std::string& remark : gallery.left_out) {
    left_out.push_back(fmt::format("{}: {}", label, remark));
  }
  return groups;
}

PageJson evaluation_exhibits_part(const std::filesystem::path& run, LeftOut& left_out) {
  PictureEmbedder embedder(left_out);
  ExhibitBudget budget(left_out);
  return exhibits_part(read_exhibits(run), "the newest evaluation", run, embedder, budget,
                       left_out);
}

}  // namespace dbot::report
