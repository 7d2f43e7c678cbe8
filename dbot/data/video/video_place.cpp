#include "dbot/data/video/video_place.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

constexpr std::array<std::string_view, 6> kVideoExtensions{".mp4", ".m4v",  ".mov",
                                                           ".mkv", ".webm", ".avi"};

/// What stands in the part in front of the path.
struct PlaceNumbers {
  std::uint64_t offset, bytes;
  std::int64_t modified;
};

struct stat status_of(const std::string& path, std::string_view name) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw data_error(name, Fault::unreadable,
                     fmt::format("cannot be examined: {}", std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    throw data_error(name, Fault::unreadable, "is not a regular file");
  }
  return status;
}

VideoPlace place_in(const struct stat& status, const std::string& path, std::uint64_t offset,
                    std::uint64_t bytes, std::string_view name) {
  if (bytes == 0) throw data_error(name, Fault::empty, "is empty");
  const auto& time = status.st_mtim;
  return {path, offset, bytes,
          static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec};
}

}  // namespace

bool has_video_extension(std::string_view file_name) {
  return std::ranges::any_of(kVideoExtensions, [&](std::string_view extension) {
    return file_name.size() > extension.size() &&
           std::ranges::equal(file_name.substr(file_name.size() - extension.size()), extension,
                              [](unsigned char a, char b) { return std::tolower(a) == b; });
  });
}

VideoPlace video_file(const std::string& path) {
  const auto status = status_of(path, path);
  return place_in(status, path, 0, static_cast<std::uint64_t>(status.st_size), path);
}

VideoPlace video_within(const std::string& path, std::uint64_t offset, std::uint64_t bytes,
                        std::string_view name) {
  return place_in(status_of(path, name), path, offset, bytes, name);
}

void put_video(const VideoPlace& place, SamplePart& part) {
  const PlaceNumbers numbers{place.offset, place.bytes, place.modified};
  auto& bytes = part.own_encoded();
  bytes.resize(sizeof numbers + place.path.size());
  std::memcpy(bytes.data(), &numbers, sizeof numbers);
  std::memcpy(bytes.data() + sizeof numbers, place.path.data(), place.path.size());
}

VideoPlace video_of(const Sample& sample) {
  const auto bytes = sample.part(kVideoPart).bytes();
  PlaceNumbers numbers{};
  if (bytes.size() <= sizeof numbers) {
    throw data_error(sample.name(), Fault::mismatch, "has a part \"video\" that names no file");
  }
  std::memcpy(&numbers, bytes.data(), sizeof numbers);
  const auto* path = reinterpret_cast<const char*>(bytes.data() + sizeof numbers);
  return {{path, bytes.size() - sizeof numbers}, numbers.offset, numbers.bytes, numbers.modified};
}

}  // namespace dbot::data
