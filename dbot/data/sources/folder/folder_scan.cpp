#include "dbot/data/sources/folder/folder_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "dbot/core/error.h"
#include "dbot/data/sources/folder/folder_walk.h"

namespace dbot::data {
namespace {

constexpr double kWorthTelling = 5;  // seconds

std::int64_t nanoseconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

int reading_threads(int wanted) {
  if (wanted > 0) return wanted;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(2 * cores, 8, 64);  // they wait for the disk more than they compute
}

/// A file, or a folder that was entered.
struct ScannedEntry {
  std::string_view name;
  std::ptrdiff_t child = -1;  // place in the walk

  /// The byte of the whole path at `at`, behind the name that of what follows in it; −1: nothing.
  int letter(std::size_t at) const {
    if (at < name.size()) return static_cast<unsigned char>(name[at]);
    return child < 0 ? -1 : '/';
  }
  /// In the order of the whole paths.
  bool operator<(const ScannedEntry& other) const {
    const auto common = std::min(name.size(), other.name.size());
    const int order = name.substr(0, common).compare(other.name.substr(0, common));
    return order != 0 ? order < 0 : letter(common) < other.letter(common);
  }
};

/// Puts the paths of a walk in order.
class PathCollector {
 public:
  PathCollector(const FolderWalk& walk, Content content) : walk_(walk), content_(content) {}

  FolderScan run() {
    if (!walk_.folders.empty()) collect(walk_.folders.front());
    scan_.images.shrink_to_fit();
    scan_.folders = walk_.folders.size();
    scan_.read = walk_.read;
    scan_.outputs = walk_.outputs;
    std::ranges::sort(scan_.outputs);
    return std::move(scan_);
  }

 private:
  void collect(const WalkedFolder& folder) {
    count_others(folder);
    for (const auto& entry : entries_of(folder)) {
      if (entry.child < 0) {
        scan_.images.add_path(folder.path, entry.name);
      } else {
        collect(walk_.folders[static_cast<std::size_t>(entry.child)]);
      }
    }
  }

  std::vector<ScannedEntry> entries_of(const WalkedFolder& folder) const {
    std::vector<ScannedEntry> entries;
    const core::TextList& files = folder.listing->files;
    for (std::size_t i = 0; i < files.size(); ++i) entries.push_back({files[i]});
    for (const auto name : folder.linked_files) {
      if (has_extension_of(content_, name)) entries.push_back({name});
    }
    for (const auto& [name, place] : folder.children) {
      entries.push_back({name, static_cast<std::ptrdiff_t>(place)});
    }
    if (entries.size() > folder.listing->files.size()) std::sort(entries.begin(), entries.end());
    return entries;
  }

  void count_others(const WalkedFolder& folder) {
    const auto& listing = *folder.listing;
    if (listing.other_files > 0) add_others(folder, listing.other_files, listing.first_other);
    scan_.unread += listing.unread;
    for (const auto name : folder.linked_files) {
      if (has_extension_of(content_, name)) continue;
      add_others(folder, 1, name);
      scan_.unread.add(name);
    }
  }

  void add_others(const WalkedFolder& folder, std::int64_t count, std::string_view first) {
    std::string path =
        folder.path.empty() ? std::string(first) : fmt::format("{}/{}", folder.path, first);
    if (scan_.other_files == 0 || path < scan_.first_other) scan_.first_other = std::move(path);
    scan_.other_files += count;
  }

  const FolderWalk& walk_;
  const Content content_;
  FolderScan scan_;
};

/// Those that had not changed since `settled`: a later change of them cannot go unnoticed.
FolderListings settled_listings(const FolderWalk& walk, std::int64_t settled) {
  FolderListings listings;
  for (const auto& folder : walk.folders) {
    const auto& stamp = folder.listing->stamp;
    if (std::max(stamp.modified, stamp.changed) < settled) {
      listings[folder.path] = folder.listing;
    }
  }
  return listings;
}

}  // namespace

FolderScan scan_folder(const std::filesystem::path& root, const core::Log& log,
                       const ScanOptions& options) {
  const auto begin = nanoseconds_now();
  const auto stopping = [&] { return options.stop && options.stop->requested(); };
  const bool indexed = !options.index_folder.empty() && options.content == Content::images;
  const auto file = indexed ? index_file(options.index_folder, root) : std::filesystem::path{};
  auto known = indexed ? read_index(file, root) : FolderListings{};
  const auto known_folders = known.size();
  const auto walk =
      walk_folders(root, known, reading_threads(options.threads), stopping, log, options.content);
  known.clear();
  if (stopping()) {
    throw Stopped(fmt::format("[data] stopped on request while {} was searched for {}s",
                              root.string(), word_of(options.content)));
  }
  auto scan = PathCollector(walk, options.content).run();
  const auto entries = static_cast<std::int64_t>(scan.images.size()) + scan.other_files;
  const bool changed = walk.read > 0 || walk.folders.size() != known_folders;
  if (indexed && changed && entries >= options.least_indexed) {
    try {
      const auto unsettled = static_cast<std::int64_t>(1e9 * options.settled_seconds);
      write_index(file, root, settled_listings(walk, begin - unsettled));
    } catch (const Error&) {  // a full disk, a home that is read-only: the next scan reads again
    }
  }
  const double seconds = 1e-9 * static_cast<double>(nanoseconds_now() - begin);
  if (seconds > kWorthTelling) {
    log(core::LogLevel::information,
        fmt::format("{}: {} {}s found in {:.0f} s", root.string(), scan.images.size(),
                    word_of(options.content), seconds));
  }
  return scan;
}

}  // namespace dbot::data
