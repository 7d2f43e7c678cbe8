#include "dbot/data/sources/tar/unpacked_archive.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/core/files/user_cache.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/tar/decompress.h"
#include "dbot/data/sources/tar/shard_files.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

bool ends_in_any(const fs::path& path, std::initializer_list<std::string_view> endings) {
  std::string name = path.filename().string();
  std::ranges::transform(name, name.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  for (const auto ending : endings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return true;
  }
  return false;
}

bool is_named_compressed(const fs::path& path) {
  return ends_in_any(path, {".tar.gz", ".tgz", ".tar.zst", ".tzst"});
}

/// True for what tar programs of this century write.
bool begins_like_tar(const fs::path& path) {
  constexpr std::string_view kMagic = "ustar";
  constexpr std::size_t kPlace = 257;
  const ShardFiles file({path});
  std::array<std::uint8_t, kMagic.size()> bytes{};
  if (file.size(0) < kPlace + bytes.size()) return false;
  file.read(0, kPlace, bytes);
  return std::ranges::equal(bytes, kMagic, [](std::uint8_t a, char b) { return a == b; });
}

fs::path cache_folder() {
  const fs::path cache = core::user_cache();
  if (!cache.empty()) return cache / "unpacked";
  throw Error(
      "[data] neither XDG_CACHE_HOME nor HOME, as absolute paths, says where an archive can be "
      "unpacked to");
}

std::string digest(const std::string& text) {
  return core::checksum(std::as_bytes(std::span(text))).substr(0, 16);
}

/// Where the copies of an archive lie, whatever its state, and the one of its present state.
struct CopyName {
  std::string archive, state;
  std::string file() const { return archive + "-" + state + ".tar"; }
};

CopyName name_of_copy(const fs::path& archive) {
  struct stat status {};
  if (::stat(archive.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw data_error(archive.string(), Fault::unreadable, "is not a regular file, or gone");
  }
  return {digest(fs::absolute(archive).lexically_normal().string()),
          digest(fmt::format("{} {} {}", status.st_size, status.st_mtim.tv_sec,
                             status.st_mtim.tv_nsec))};
}

void remove_older_copies(const fs::path& folder, const CopyName& name) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with(name.archive + "-") && file != name.file()) {
      fs::remove(entry.path(), ignored);
    }
  }
}

/// Throws Error once the disk has little left.
void check_room(const fs::path& folder, const fs::path& archive) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0 || disk.f_bavail >= disk.f_blocks / 10) return;
  throw Error(fmt::format(
      "[data] {}: unpacking it into {} would leave less than a tenth of that disk free; unpack it "
      "where there is room (gunzip, zstd -d), or name a larger disk by XDG_CACHE_HOME",
      archive.string(), folder.string()));
}

void unpack(const fs::path& archive, const fs::path& copy, const core::StopRequest* stop) {
  constexpr std::uint64_t kBetweenChecks = std::uint64_t{1} << 26;
  core::write_file_atomically(copy, [&](const core::WriteBytes& write) {
    std::uint64_t since = kBetweenChecks;
    decompress(archive, [&](std::span<const std::byte> bytes) {
      if (stop && stop->requested()) {
        throw Stopped(
            fmt::format("[data] stopped on request while {} was unpacked", archive.string()));
      }
      if (since >= kBetweenChecks) {
        check_room(copy.parent_path(), archive);
        since = 0;
      }
      since += bytes.size();
      write(bytes);
    });
  });
}

}  // namespace

bool is_tar_name(const fs::path& path) {
  return is_named_compressed(path) || ends_in_any(path, {".tar"});
}

bool is_packed_name(const fs::path& path) {
  return ends_in_any(path, {".tar.bz2", ".tbz2", ".tbz", ".tb2", ".tar.xz", ".txz", ".tar.lz4",
                            ".tar.lzma", ".tar.lz", ".tlz", ".tar.z", ".zip", ".7z", ".rar"});
}

DataError packed_error(const fs::path& path, std::string_view packing) {
  const auto by = packing.empty() ? "is a packed archive of a kind that is not read"
                                  : fmt::format("is packed by {}, which is not read", packing);
  return DataError({.operation = "data",
                    .subject = path.string(),
                    .fault = Fault::unsupported,
                    .reason = by,
                    .way_out = "unpack it and name the folder, or pack it anew as .tar or "
                               ".tar.zst"});
}

fs::path plain_archive(const fs::path& archive, const OpenContext& context) {
  if (begins_like_tar(archive)) return archive;
  const auto packing = packing_of(archive);
  const bool compressed = packing == "gzip" || packing == "zstd";
  if (!packing.empty() && !compressed) throw packed_error(archive, packing);
  if (!compressed && !is_named_compressed(archive)) return archive;
  const CopyName name = name_of_copy(archive);
  const fs::path folder = cache_folder();
  fs::path copy = folder / name.file();
  std::error_code ignored;
  if (fs::is_regular_file(copy, ignored)) return copy;
  core::create_folders(folder);
  remove_older_copies(folder, name);
  context.log(core::LogLevel::information,
              fmt::format("{}: unpacking it into {}, once", archive.string(), folder.string()));
  unpack(archive, copy, context.stop);
  return copy;
}

}  // namespace dbot::data
