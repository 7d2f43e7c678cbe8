#include "dbot/report/pictures/set/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

/// Removes a folder unless it was moved away.
class HiddenFolder {
 public:
  explicit HiddenFolder(fs::path path) : path_(std::move(path)) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  HiddenFolder(const HiddenFolder&) = delete;
  HiddenFolder& operator=(const HiddenFolder&) = delete;
  ~HiddenFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

fs::path hidden_beside(const fs::path& folder, const char* purpose) {
  const fs::path place = fs::absolute(folder).lexically_normal();
  const fs::path name = place.has_filename() ? place.filename() : place.parent_path().filename();
  const fs::path parent =
      place.has_filename() ? place.parent_path() : place.parent_path().parent_path();
  return parent / fmt::format(".{}.{}-{}", name.string(), purpose, ::getpid());
}

void replace(const fs::path& folder, const std::function<PictureSet(const fs::path&)>& draw) {
  const HiddenFolder hidden(hidden_beside(folder, "partial"));
  write_picture_set(hidden.path(), draw(hidden.path()));
  const HiddenFolder old(hidden_beside(folder, "old"));
  if (fs::exists(folder)) fs::rename(folder, old.path() / "set");
  fs::rename(hidden.path(), folder);
  core::sync_directory(hidden.path().parent_path());
}

bool is_left_over(const fs::path& folder, std::int64_t step) {
  const std::string name = folder.filename().string();
  if (name.starts_with('.')) {
    return name.find(".partial-") != std::string::npos || name.find(".old-") != std::string::npos;
  }
  try {
    return read_picture_set(folder).step > step;
  } catch (const Error&) {
    return false;  // whatever it is, it is not one of ours
  }
}

}  // namespace

void replace_picture_set(const fs::path& folder,
                         const std::function<PictureSet(const fs::path&)>& draw) {
  try {
    replace(folder, draw);
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("[pictures] {} cannot be written: {}", folder.string(),
                            error.code().message()));
  }
}

void remove_later_picture_sets(const fs::path& run, std::int64_t step) {
  std::vector<fs::path> later;
  std::error_code error;
  for (fs::directory_iterator entry(run / "pictures", error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory() && is_left_over(entry->path(), step)) later.push_back(entry->path());
  }
  error.clear();
  for (const fs::path& folder : later) {
    fs::remove_all(folder, error);
    if (error) {
      throw Error(
          fmt::format("[pictures] {} cannot be removed: {}", folder.string(), error.message()));
    }
  }
}

}  // namespace dbot::report
