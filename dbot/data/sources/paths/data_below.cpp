#include "dbot/data/sources/paths/data_below.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/folder/visible_entries.h"
#include "dbot/data/sources/parquet/parquet_dataset.h"
#include "dbot/data/sources/tar/unpacked_archive.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

// A data set of a hub has few folders; one of class folders is not searched.
constexpr std::size_t kMostFoldersBelow = 64;
constexpr int kMostEntries = 10000;  // that are looked at for a message

bool has_file(const fs::path& folder, std::string_view name) {
  std::error_code ignored;
  return fs::is_regular_file(folder / name, ignored);
}

bool comes_from_hub(const fs::path& folder) {
  return has_file(folder, ".gitattributes") || has_file(folder, "README.md") ||
         has_file(folder, "dataset_infos.json");
}

/// What stands in one folder.
struct FolderView {
  std::vector<fs::path> folders;
  bool images = false, too_many = false;
};

FolderView view_of(const fs::path& folder, Content content) {
  FolderView view;
  see_visible(folder, [&view, content](const fs::directory_entry& entry) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      view.folders.push_back(entry.path());
    } else if (has_extension_of(content, entry.path().filename().string())) {
      view.images = true;
    }
    view.too_many = view.folders.size() > kMostFoldersBelow;
    return !view.images && !view.too_many;
  });
  std::ranges::sort(view.folders);
  return view;
}

constexpr const char* kArrowWay =
    "these are Arrow files of datasets' save_to_disk or its cache, which are not read; write them "
    "as Parquet: datasets.load_from_disk(…).to_parquet(\"train.parquet\")";

bool is_arrow_name(const fs::path& path) {
  return path.extension() == ".arrow";
}

}  // namespace

fs::path folder_with_data(const fs::path& folder, Content content,
                          const std::function<bool(const fs::path&)>& is_source) {
  const auto view = view_of(folder, content);
  if (view.images || view.too_many) return {};
  if (comes_from_hub(folder) && is_source(folder / "data")) return folder / "data";
  std::vector<fs::path> sources;
  for (const auto& below : view.folders) {
    if (is_source(below)) {
      sources.push_back(below);
      continue;
    }
    const auto other = view_of(below, content);
    if (other.images || !other.folders.empty()) return {};  // images may be there
  }
  if (sources.size() < 2) return sources.empty() ? fs::path{} : sources.front();
  std::vector<std::string> names;
  for (const auto& source : sources) names.push_back(source.filename().string());
  throw DataError(
      {.operation = "data",
       .subject = folder.string(),
       .fault = Fault::mismatch,
       .reason = fmt::format("holds no images but {} folders of data: {}", sources.size(),
                             fmt::join(names, ", ")),
       .way_out = fmt::format("name one of them, such as {}", sources.front().string())});
}

std::string way_to_data_of(const fs::path& file) {
  if (is_packed_name(file)) {
    return fmt::format("archives that end in {} are not read; unpack it and name the folder",
                       file.extension().string());
  }
  return is_arrow_name(file) ? kArrowWay : "";
}

std::string way_to_data(const fs::path& folder) {
  std::error_code error, ignored;
  std::string way;
  int entries = 0;
  constexpr auto kRights = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(folder, kRights, error), end;
       !error && entry != end && entries++ < kMostEntries; entry.increment(error)) {
    const auto& path = entry->path();
    if (is_hidden(path) || !entry->is_regular_file(ignored)) continue;
    const auto place = path.parent_path().string();
    if (is_parquet_name(path))
      return fmt::format("Parquet files lie in {}; name that folder", place);
    if (is_tar_name(path)) return fmt::format("archives lie in {}; name that folder", place);
    const auto of_file = way_to_data_of(path);
    if (way.empty() && !of_file.empty()) way = fmt::format("{}: {}", path.string(), of_file);
  }
  return way;
}

}  // namespace dbot::data
