#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dbot::data {

/// What images are called wherever their data lie: names without the folder that was opened. Of a
/// file, or of an image in it, the folder is that in which the file lies.
class NamesWithin {
 public:
  explicit NamesWithin(const std::vector<std::filesystem::path>& roots);

  /// `name` is of an image in one of the roots (Dataset::name).
  std::string operator()(std::string name) const;

 private:
  std::vector<std::string> prefixes_;
};

}  // namespace dbot::data
