#include "dbot/report/pictures/set/exhibit_files.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/json.h"
#include "dbot/report/pictures/set/exhibit_json.h"
#include "dbot/report/pictures/set/picture_set_fields.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kExhibitsFile = "exhibits.json";
constexpr std::uintmax_t kMostExhibitBytes = std::uintmax_t{16} << 20;
constexpr std::size_t kMostRemarks = 32;
constexpr std::size_t kLongestKind = 40;  // bytes of a foreign one in a remark

/// The exhibits of a file, one by one: what is wrong with one says nothing of the others.
class ExhibitReader {
 public:
  ShownGallery read(const json& document) {
    fields::integer_of(document, "version", 1, 1);
    for (const json& remark : fields::list(document, "left_out", kMostRemarks)) {
      if (remark.is_string()) gallery_.left_out.push_back(remark.get<std::string>());
    }
    for (const json& group : fields::list(document, "groups", exhibit_limits::kGroups)) {
      read_group(group);
    }
    for (const auto& [what, count] : passed_over_) {
      if (gallery_.left_out.size() >= kMostRemarks) break;
      gallery_.left_out.push_back(count == 1 ? what : fmt::format("{} ({} of them)", what, count));
    }
    return std::move(gallery_);
  }

 private:
  void read_group(const json& object) {
    ShownGroup group{fields::text(object, "kind"),
                     fields::text(object, "title"),
                     fields::text(object, "explanation"),
                     {}};
    for (const json& one : fields::list(object, "exhibits", exhibit_limits::kExhibits)) {
      try {
        if (auto exhibit = exhibit_of_json(one)) {
          group.exhibits.push_back(std::move(*exhibit));
        } else {
          ++passed_over_[fmt::format("an exhibit of kind \"{}\", which this version does not know",
                                     fields::text(one, "kind").substr(0, kLongestKind))];
        }
      } catch (const DataError& problem) {
        ++passed_over_[fmt::format("an exhibit that is damaged: {}", problem.what())];
      }
    }
    gallery_.groups.push_back(std::move(group));
  }

  ShownGallery gallery_;
  std::map<std::string, int> passed_over_;
};

ShownGallery nothing_but(const std::string& why) {
  return {.groups = {}, .left_out = {fmt::format("{}: {}", kExhibitsFile, why)}};
}

}  // namespace

void write_exhibits(const fs::path& folder, const ShownGallery& gallery) {
  if (gallery.groups.empty() && gallery.left_out.empty()) {
    std::error_code ignored;
    fs::remove(folder / kExhibitsFile, ignored);  // of an earlier set in this place
    return;
  }
  ordered_json document{
      {"version", 1}, {"groups", ordered_json::array()}, {"left_out", gallery.left_out}};
  for (const ShownGroup& group : gallery.groups) {
    ordered_json exhibits = ordered_json::array();
    for (const ShownExhibit& exhibit : group.exhibits) exhibits.push_back(exhibit_json(exhibit));
    document["groups"].push_back({{"kind", group.kind},
                                  {"title", group.title},
                                  {"explanation", group.explanation},
                                  {"exhibits", std::move(exhibits)}});
  }
  // Texts need not be UTF-8.
  core::write_file_atomically(
      folder / kExhibitsFile,
      document.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

ShownGallery read_exhibits(const fs::path& folder) {
  const fs::path file = folder / kExhibitsFile;
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const std::uintmax_t bytes = fs::is_regular_file(file, error) ? fs::file_size(file, error) : 0;
  if (error || bytes == 0) return nothing_but("empty, or no regular file");
  if (bytes > kMostExhibitBytes) {
    return nothing_but(fmt::format("has {} bytes, expected at most {}", bytes, kMostExhibitBytes));
  }
  try {
    return ExhibitReader().read(core::parse_json(core::read_text_file(file)));
  } catch (const json::exception& problem) {
    return nothing_but(fmt::format("is not JSON: {}", problem.what()));
  } catch (const Error& problem) {
    return nothing_but(problem.what());
  }
}

}  // namespace dbot::report
