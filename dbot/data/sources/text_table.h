#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::data {

/// Many short texts, one after the other in one piece of memory.
class TextTable {
 public:
  void add(std::string_view text) {
    text_ += text;
    ends_.push_back(text_.size());
  }
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t index) const {
    const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_.at(index) - begin);
  }

 private:
  std::string text_;
  std::vector<std::uint64_t> ends_;
};

}  // namespace dbot::data
