#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// The files that the rules of the sources look at.
namespace dbot::support {

struct TextFile {
  std::filesystem::path path;  // from the root of the checkout
  std::vector<std::string> lines;

  /// "PATH:LINE: complaint"; lines count from 0.
  std::string at(std::size_t line, std::string_view complaint) const;
  bool is_header() const { return path.extension() == ".h"; }
  /// Whether the file lies below the folder "dbot/nn/".
  bool is_below(std::string_view folder) const;
};

TextFile read_text_file(const std::filesystem::path& root, const std::filesystem::path& file);

/// All files below the folders with one of the extensions, in a fixed order.
std::vector<TextFile> read_text_files(const std::filesystem::path& root,
                                      const std::vector<std::string>& folders,
                                      const std::vector<std::string>& extensions);

/// Endings of headers and sources.
const std::vector<std::string>& source_extensions();

}  // namespace dbot::support
