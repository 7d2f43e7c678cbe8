#include "tests/support/source_files.h"

#include <algorithm>
#include <fstream>

namespace fs = std::filesystem;

namespace dbot::support {

std::string TextFile::at(std::size_t line, std::string_view complaint) const {
  return path.generic_string() + ":" + std::to_string(line + 1) + ": " + std::string(complaint);
}

bool TextFile::is_below(std::string_view folder) const {
  return path.generic_string().starts_with(folder);
}

TextFile read_text_file(const fs::path& root, const fs::path& file) {
  TextFile text{file.lexically_relative(root), {}};
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) text.lines.push_back(line);
  return text;
}

std::vector<TextFile> read_text_files(const fs::path& root, const std::vector<std::string>& folders,
                                      const std::vector<std::string>& extensions) {
  std::vector<fs::path> paths;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (entry.is_regular_file() && std::ranges::count(extensions, extension) > 0) {
        paths.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(paths);
  std::vector<TextFile> files;
  files.reserve(paths.size());
  for (const fs::path& path : paths) files.push_back(read_text_file(root, path));
  return files;
}

const std::vector<std::string>& source_extensions() {
  static const std::vector<std::string> extensions{".h", ".cpp", ".cu"};
  return extensions;
}

}  // namespace dbot::support
