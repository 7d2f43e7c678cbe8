#include "dbot/report/page/picture_embedder.h"

#include <fmt/format.h>

#include <span>

#include "dbot/core/files/files.h"
#include "dbot/report/pictures/set/picture_file.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;

// A page that a phone can open.
constexpr std::size_t most_picture_bytes = std::size_t{32} << 20;  // of all files together
constexpr std::size_t largest_picture = std::size_t{8} << 20;

PageJson uri_of(const std::string& content) {
  return fmt::format("data:{};base64,{}", picture_kind(content)->type, base64(content));
}

}  // namespace

PictureEmbedder::~PictureEmbedder() {
  if (too_many_ > 0) {
    left_out_.push_back(fmt::format("{} pictures: a page holds {} MiB of them", too_many_,
                                    most_picture_bytes >> 20));
  }
}

PageJson PictureEmbedder::data_uri(const fs::path& folder, const std::string& file) {
  const std::string content = bytes_of(folder, file);
  return content.empty() ? PageJson() : uri_of(content);
}

PageJson PictureEmbedder::data_uri_once(const fs::path& folder, const std::string& file,
                                        std::size_t set) {
  const std::string content = bytes_of(folder, file);
  if (content.empty()) return nullptr;
  const auto [found, is_new] =
      sets_.try_emplace(core::checksum(std::as_bytes(std::span(content))), set);
  if (is_new) return uri_of(content);
  used_ -= content.size();
  return found->second;
}

std::string PictureEmbedder::bytes_of(const fs::path& folder, const std::string& file) {
  // Only a name in this folder: a run from elsewhere must not show other files of this machine.
  const fs::path path = folder / file;
  std::error_code error;
  const bool own = fs::path(file).filename() == fs::path(file) &&
                   fs::is_regular_file(fs::symlink_status(path, error));
  const auto bytes = own ? fs::file_size(path, error) : 0;
  if (!own || error || bytes > largest_picture) return missing(path);
  if (used_ + bytes > most_picture_bytes) {
    ++too_many_;
    return {};
  }
  std::string content = read_bounded(path, largest_picture);
  if (!picture_kind(content)) return missing(path);
  used_ += content.size();
  return content;
}

std::string PictureEmbedder::missing(const fs::path& path) {
  left_out_.push_back(fmt::format("{}: not a picture of this run", path.filename().string()));
  return {};
}

}  // namespace dbot::report
