#include "dbot/data/sources/folder/folder_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "dbot/data/sources/folder/own_output.h"

namespace dbot::data {
namespace {

[[noreturn]] void throw_errno() {
  throw std::system_error(errno, std::system_category());
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FolderStamp stamp_of(const struct stat& status) {
  return {status.st_ino, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

enum class EntryKind { file, folder, link };

EntryKind kind_of(const dirent& entry, int folder) {
  if (entry.d_type == DT_DIR) return EntryKind::folder;
  if (entry.d_type == DT_LNK) return EntryKind::link;
  if (entry.d_type != DT_UNKNOWN) return EntryKind::file;
  struct stat status {};
  if (::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return EntryKind::file;
  return S_ISDIR(status.st_mode)   ? EntryKind::folder
         : S_ISLNK(status.st_mode) ? EntryKind::link
                                   : EntryKind::file;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_entry_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos;
}

}  // namespace

core::TextList sorted_names(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  core::TextList sorted;
  for (const std::string& name : names) sorted.add(name);
  sorted.shrink_to_fit();
  return sorted;
}

std::string name_bytes(const core::TextList& names) {
  std::string bytes;
  for (std::size_t i = 0; i < names.size(); ++i) bytes.append(names[i]).push_back('\0');
  return bytes;
}

std::optional<core::TextList> parse_names(std::string_view bytes) {
  core::TextList names;
  std::string_view last;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const auto end = bytes.find('\0', begin);
    if (end == std::string_view::npos) return std::nullopt;
    const auto name = bytes.substr(begin, end - begin);
    if (!is_entry_name(name) || name <= last) return std::nullopt;
    names.add(name);
    last = name;
    begin = end + 1;
  }
  names.shrink_to_fit();
  return names;
}

FolderIdentity identify_folder(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_errno();
  if (!S_ISDIR(status.st_mode)) throw std::system_error(ENOTDIR, std::system_category());
  return {status.st_dev, stamp_of(status)};
}

FolderListing read_folder(const std::filesystem::path& path, Content content) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (!folder) throw_errno();
  const int descriptor = ::dirfd(folder.get());
  FolderListing listing;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw_errno();
  listing.stamp = stamp_of(status);
  std::vector<std::string> files, folders, links;
  OutputSigns signs;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (!is_entry_name(name)) continue;
    const auto kind = kind_of(*entry, descriptor);
    signs.see(name, kind == EntryKind::folder);
    if (kind != EntryKind::file) {
      (kind == EntryKind::folder ? folders : links).emplace_back(name);
    } else if (has_extension_of(content, name)) {
      files.emplace_back(name);
    } else {
      listing.unread.add(name);
      if (listing.other_files++ == 0 || name < listing.first_other) listing.first_other = name;
    }
  }
  if (errno != 0) throw_errno();
  listing.files = sorted_names(std::move(files));
  listing.folders = sorted_names(std::move(folders));
  listing.links = sorted_names(std::move(links));
  listing.own_output = signs.told(path);
  return listing;
}

}  // namespace dbot::data
