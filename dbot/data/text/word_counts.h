#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace dbot::data {

/// How often each word stands in texts (words.h).
class WordCounts {
 public:
  void add(std::string_view text);

  const std::unordered_map<std::string, std::int64_t>& counts() const { return counts_; }
  std::int64_t texts() const { return texts_; }
  std::int64_t words() const { return words_; }
  /// Words of more characters than WordPiece cuts; they are not among the others.
  std::int64_t too_long() const { return too_long_; }

 private:
  std::unordered_map<std::string, std::int64_t> counts_;
  std::int64_t texts_ = 0, words_ = 0, too_long_ = 0;
  std::string key_;  // memory for the next word
};

}  // namespace dbot::data
