#include "dbot/data/video/video_indices.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <span>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/index_folder.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostMemory = std::int64_t{1} << 28;

std::string key_of(const VideoPlace& place) {
  std::error_code error;
  const auto path = fs::absolute(place.path, error).lexically_normal().string();
  const auto text = fmt::format("{}\n{}", error ? place.path : path, place.offset);
  return core::checksum(std::as_bytes(std::span(text)));
}

/// Unlike other files of dbot it may vanish in a crash: its checksum tells a part from the whole.
void write_index_file(const fs::path& file, std::string_view text) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  const fs::path beside = file.string() + fmt::format(".{}", ::getpid());
  std::ofstream stream(beside, std::ios::binary);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  if (stream) fs::rename(beside, file, ignored);
  if (!stream || ignored) fs::remove(beside, ignored);
}

std::string text_of_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

fs::path default_video_index_folder() {
  return index_folder("videos");
}

VideoIndices::VideoIndices(VideoLimits limits, fs::path folder)
    : limits_(limits), folder_(std::move(folder)) {
  check_video_limits(limits_);
}

fs::path VideoIndices::file_of(const std::string& key) const {
  return folder_ / key.substr(0, 2) / key.substr(2);
}

std::shared_ptr<const VideoIndex> VideoIndices::in_memory(const VideoPlace& place,
                                                          const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key);
  return found != known_.end() && found->second.place == place ? found->second.index : nullptr;
}

std::shared_ptr<const VideoIndex> VideoIndices::keep(VideoIndex index, const VideoPlace& place,
                                                     const std::string& key, bool write) {
  if (write && !folder_.empty()) write_index_file(file_of(key), pack_video_index(index, place));
  auto shared = std::make_shared<const VideoIndex>(std::move(index));
  const std::lock_guard lock(mutex_);
  const bool fits = bytes_ + shared->memory_bytes() <= kMostMemory || known_.contains(key);
  if (!fits) return shared;
  bytes_ += shared->memory_bytes();
  known_[key] = {place, shared};
  return shared;
}

std::shared_ptr<const VideoIndex> VideoIndices::of(const std::shared_ptr<const VideoModule>& module,
                                                   const VideoPlace& place,
                                                   const std::string& name) {
  const auto key = key_of(place);
  if (auto known = in_memory(place, key)) return known;
  if (!folder_.empty()) {
    auto stored = unpack_video_index(text_of_file(file_of(key)), place);
    if (stored) return keep(*std::move(stored), place, key, /*write=*/false);
  }
  return keep(index_video(module, place, name, limits_), place, key, /*write=*/true);
}

std::shared_ptr<const VideoIndex> VideoIndices::of_frames(
    const std::shared_ptr<const VideoModule>& module, const VideoPlace& place,
    const std::string& name) {
  const auto key = key_of(place);
  const auto known = in_memory(place, key);
  if (known && known->decoded) return known;
  return keep(index_video(module, place, name, limits_, /*decoding=*/true), place, key,
              /*write=*/true);
}

}  // namespace dbot::data
