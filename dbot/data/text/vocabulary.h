#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dbot::data {

inline constexpr std::string_view kPaddingToken = "[PAD]";
inline constexpr std::string_view kUnknownToken = "[UNK]";
/// The tokens that no text is cut into, in the order in which our own vocabularies begin with them.
std::vector<std::string> special_tokens();

/// The tokens of texts and their ids, which count from 0. [PAD] is 0, [UNK] is among them, and no
/// token is there twice. "##" begins those that continue a word.
class Vocabulary {
 public:
  /// A file of one token a line, such as BERT's vocab.txt; lines may end in CR LF. `name` is the
  /// file's in messages. Throws DataError ("[data] NAME:LINE: reason") for an empty line before the
  /// last, a token that is there twice, bytes 0 or that are no UTF-8, without [UNK], and where the
  /// first is not [PAD].
  static Vocabulary parse(std::string_view text, std::string_view name);
  /// The same of a file. Throws DataError naming it if it cannot be read or is too large.
  static Vocabulary read(const std::filesystem::path& path);
  /// Of tokens in the order of their ids. Throws as `parse`.
  explicit Vocabulary(std::vector<std::string> tokens, std::string_view name = "vocabulary");

  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
  const std::vector<std::string>& tokens() const { return tokens_; }
  /// Throws DataError for an id that is none.
  const std::string& token(std::int64_t id) const;
  /// −1: there is none.
  std::int64_t find(std::string_view token) const;
  std::int64_t unknown() const { return unknown_; }
  /// Bytes of the longest token.
  std::size_t longest() const { return longest_; }

  /// As a file has it.
  std::string text() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::vector<std::string> tokens_;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;
  std::int64_t unknown_ = -1;
  std::size_t longest_ = 0;
};

}  // namespace dbot::data
