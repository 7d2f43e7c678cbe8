#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::core {

/// Many texts in one piece of memory: their bytes, and eight more each. Views of them are valid
/// until the next `add`.
class TextList {
 public:
  void add(std::string_view text);
  /// "FOLDER/NAME", or NAME where the folder is empty.
  void add_path(std::string_view folder, std::string_view name);
  /// Gives back what was taken for texts to come.
  void shrink_to_fit();

  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  std::string_view operator[](std::size_t index) const {
    const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }
  std::string_view front() const { return (*this)[0]; }
  /// Those of which `kept` is true.
  TextList filtered(const std::function<bool(std::string_view)>& kept) const;

  bool operator==(const TextList&) const = default;

 private:
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
};

}  // namespace dbot::core
