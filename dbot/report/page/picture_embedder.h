#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "dbot/report/page/page_json.h"
#include "dbot/report/page/page_parts.h"

namespace dbot::report {

/// Turns files of a run's own folders into data URIs as long as a page has room for them. What is
/// not shown is named under `left_out`.
class PictureEmbedder {
 public:
  explicit PictureEmbedder(LeftOut& left_out) : left_out_(left_out) {}
  PictureEmbedder(const PictureEmbedder&) = delete;
  PictureEmbedder& operator=(const PictureEmbedder&) = delete;
  ~PictureEmbedder();

  /// Null if the file is missing, no picture, or too large.
  PageJson data_uri(const std::filesystem::path& folder, const std::string& file);

  /// The same, but the number of the set that has it already where one has.
  PageJson data_uri_once(const std::filesystem::path& folder, const std::string& file,
                         std::size_t set);

 private:
  /// Empty if it cannot be shown.
  std::string bytes_of(const std::filesystem::path& folder, const std::string& file);
  std::string missing(const std::filesystem::path& path);

  LeftOut& left_out_;
  std::map<std::string, std::size_t> sets_;  // by checksum
  std::size_t used_ = 0;
  std::size_t too_many_ = 0;
};

}  // namespace dbot::report
