#include "dbot/data/folder_scan.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "dbot/data/codec.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

class Scanner {
 public:
  Scanner(const fs::path& root, const core::Log& log) : root_(root), log_(log) {}

  FolderScan run() {
    folders_.push_back("");
    // Links wait until all real folders are entered: a folder reachable both ways keeps its own
    // path.
    while (!folders_.empty() || !links_.empty()) {
      if (folders_.empty()) std::sort(links_.begin(), links_.end());
      auto& queue = folders_.empty() ? links_ : folders_;
      const std::string folder = std::move(queue.front());
      queue.pop_front();
      if (first_visit(folder)) enter(folder);
    }
    std::sort(scan_.images.begin(), scan_.images.end());
    return std::move(scan_);
  }

 private:
  bool first_visit(const std::string& folder) {
    struct stat status {};
    if (::stat((root_ / folder).c_str(), &status) != 0) return false;
    return visited_.emplace(status.st_dev, status.st_ino).second;
  }

  void enter(const std::string& folder) {
    std::error_code error;
    const fs::path path = folder.empty() ? root_ : root_ / folder;
    fs::directory_iterator entries(path, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const std::string name = entries->path().filename().string();
      if (name.front() == '.') continue;
      add(*entries, folder.empty() ? name : fmt::format("{}/{}", folder, name), name);
    }
    if (error) {
      log_(core::LogLevel::warning,
           fmt::format("[data] {}: cannot be read, left out: {}", path.string(), error.message()));
    }
  }

  void add(const fs::directory_entry& entry, std::string relative, const std::string& name) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      (entry.is_symlink(ignored) ? links_ : folders_).push_back(std::move(relative));
    } else if (has_image_extension(name)) {
      scan_.images.push_back(std::move(relative));
    } else {
      if (scan_.other_files == 0 || relative < scan_.first_other) scan_.first_other = relative;
      ++scan_.other_files;
    }
  }

  fs::path root_;
  const core::Log& log_;
  std::deque<std::string> folders_, links_;
  std::set<std::pair<dev_t, ino_t>> visited_;
  FolderScan scan_;
};

}  // namespace

FolderScan scan_folder(const fs::path& root, const core::Log& log) {
  return Scanner(root, log).run();
}

}  // namespace dbot::data
