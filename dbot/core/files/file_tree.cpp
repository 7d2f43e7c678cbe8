#include "dbot/core/files/file_tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "dbot/core/files/files.h"
#include "dbot/core/files/system_calls.h"

namespace dbot::core {

namespace fs = std::filesystem;

bool create_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return true;
  if (errno != EEXIST) throw_system_error("create the folder", path);
  return false;
}

void create_folders(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return;
  const fs::path plain = path.has_filename() ? path : path.parent_path();
  const fs::path above = plain.has_parent_path() ? plain.parent_path() : fs::path(".");
  if (above != plain) create_folders(above);
  if (create_folder(plain)) {
    sync_directory(above);
  } else if (!fs::is_directory(plain, error)) {
    errno = ENOTDIR;
    throw_system_error("create the folder", plain);
  }
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_system_error("replace", to);
}

bool swap_paths(const fs::path& one, const fs::path& other) {
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) {
    return true;
  }
  if (errno == EINVAL || errno == ENOSYS) return false;
  throw_system_error("replace", other);
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!error) return;
  errno = error.value();
  throw_system_error("remove", path);
}

}  // namespace dbot::core
