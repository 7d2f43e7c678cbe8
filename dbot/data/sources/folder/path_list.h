#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::data {

/// Many paths in one piece of memory: their bytes, and eight more each. Views of them are valid
/// until the next `add`.
class PathList {
 public:
  void add(std::string_view path);
  /// "FOLDER/NAME", or NAME where the folder is empty.
  void add(std::string_view folder, std::string_view name);
  /// Gives back what was taken for paths to come.
  void shrink_to_fit();

  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  std::string_view operator[](std::size_t index) const {
    const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin);
  }
  std::string_view front() const { return (*this)[0]; }
  /// Those of which `kept` is true.
  PathList filtered(const std::function<bool(std::string_view)>& kept) const;

 private:
  std::string text_;
  std::vector<std::uint64_t> ends_;
};

}  // namespace dbot::data
