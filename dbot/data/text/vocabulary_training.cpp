#include "dbot/data/text/vocabulary_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/text/unicode.h"

namespace dbot::data {
namespace {

using Token = std::uint32_t;

struct Pair {
  Token left = 0, right = 0;
  bool operator==(const Pair&) const = default;
};

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return std::hash<std::uint64_t>()((std::uint64_t{pair.left} << 32U) | pair.right);
  }
};

/// A word as the tokens it is cut into so far.
struct CutWord {
  std::vector<Token> tokens;
  std::int64_t count = 0;
};

struct PairPlaces {
  std::int64_t count = 0;
  std::vector<std::uint32_t> words;  // that have it or had it, perhaps more than once
};

/// A pair that waits to be joined, with the count that it had then.
struct Candidate {
  std::int64_t count = 0;
  Pair pair;
};

std::set<std::string, std::less<>> characters_of(const WordCounts& words) {
  std::set<std::string, std::less<>> characters;
  for (const auto& entry : words.counts()) {
    for (std::string_view rest = entry.first; !rest.empty();) {
      const auto bytes = first_code_point(rest).bytes;
      const auto character = rest.substr(0, bytes);
      if (!characters.contains(character)) characters.emplace(character);
      rest.remove_prefix(bytes);
    }
  }
  return characters;
}

void check_size(std::int64_t size, std::int64_t least) {
  if (size >= least && size <= kMostTokens) return;
  throw UsageError(fmt::format(
      "[vocabulary] the size is {}, expected {} to {}: the texts have {} characters, each of which "
      "is a token with and without ##, beside {} special ones",
      size, least, kMostTokens, (least - std::ssize(special_tokens())) / 2,
      special_tokens().size()));
}

/// The tokens, the words cut into them, and the pairs of neighbours with their counts. Counts are
/// kept up to date word by word; the queue of candidates is put right when one of them comes up.
class PairJoiner {
 public:
  PairJoiner(const WordCounts& words, const std::set<std::string, std::less<>>& characters)
      : queue_(Smaller{this}) {
    for (const auto& special : special_tokens()) add_token(special);
    for (const auto& character : characters) add_token(character);
    for (const auto& character : characters) add_token("##" + character);
    for (const auto& [word, count] : words.counts()) cut(word, count);
    for (std::uint32_t i = 0; i < words_.size(); ++i) count_pairs(i, words_[i].count);
    for (const auto& [pair, places] : pairs_) queue_.push({places.count, pair});
  }

  std::size_t size() const { return tokens_.size(); }
  std::vector<std::string> take() { return std::move(tokens_); }

  /// Joins the most frequent pair; false where none occurs twice.
  bool join_next() {
    while (!queue_.empty()) {
      const Candidate candidate = queue_.top();
      queue_.pop();
      const auto count = pairs_[candidate.pair].count;
      if (count == candidate.count) {
        if (count < 2) return false;
        join(candidate.pair);
        return true;
      }
      // Another candidate of this pair stands for a count that grew.
      if (count < candidate.count && count > 0) queue_.push({count, candidate.pair});
    }
    return false;
  }

 private:
  /// True if `a` is joined after `b`.
  struct Smaller {
    const PairJoiner* joiner;
    bool operator()(const Candidate& a, const Candidate& b) const {
      if (a.count != b.count) return a.count < b.count;
      const auto text = [this](Token token) { return std::string_view(joiner->tokens_[token]); };
      const auto left = text(a.pair.left).compare(text(b.pair.left));
      return left != 0 ? left > 0 : text(a.pair.right) > text(b.pair.right);
    }
  };

  Token add_token(std::string text) {
    const auto [known, is_new] = ids_.emplace(text, static_cast<Token>(tokens_.size()));
    if (is_new) tokens_.push_back(std::move(text));
    return known->second;
  }

  void cut(std::string_view word, std::int64_t count) {
    CutWord result{.tokens = {}, .count = count};
    for (std::string_view rest = word; !rest.empty();) {
      const auto bytes = first_code_point(rest).bytes;
      const bool begins = rest.size() == word.size();
      result.tokens.push_back(ids_.at((begins ? "" : "##") + std::string(rest.substr(0, bytes))));
      rest.remove_prefix(bytes);
    }
    words_.push_back(std::move(result));
  }

  /// Adds the pairs of a word, `change` times each; those that are added are remembered.
  void count_pairs(std::uint32_t word, std::int64_t change) {
    const auto& tokens = words_[word].tokens;
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      const Pair pair{tokens[i - 1], tokens[i]};
      auto& places = pairs_[pair];
      places.count += change;
      if (change < 0) continue;
      if (places.words.empty() || places.words.back() != word) places.words.push_back(word);
      grown_.push_back(pair);
    }
  }

  void join(const Pair& pair) {
    const Token joined = add_token(tokens_[pair.left] + tokens_[pair.right].substr(2));
    grown_.clear();
    for (const auto word : std::exchange(pairs_[pair].words, {})) {
      auto& tokens = words_[word].tokens;
      if (!has(tokens, pair)) continue;
      count_pairs(word, -words_[word].count);
      replace(tokens, pair, joined);
      count_pairs(word, words_[word].count);
    }
    for (const auto& changed : grown_) {
      if (const auto count = pairs_[changed].count; count > 0) queue_.push({count, changed});
    }
  }

  static bool has(const std::vector<Token>& tokens, const Pair& pair) {
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      if (tokens[i - 1] == pair.left && tokens[i] == pair.right) return true;
    }
    return false;
  }

  static void replace(std::vector<Token>& tokens, const Pair& pair, Token joined) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool here =
          i + 1 < tokens.size() && tokens[i] == pair.left && tokens[i + 1] == pair.right;
      tokens[kept++] = here ? joined : tokens[i];
      if (here) ++i;
    }
    tokens.resize(kept);
  }

  std::vector<std::string> tokens_;
  std::unordered_map<std::string, Token> ids_;
  std::vector<CutWord> words_;
  std::unordered_map<Pair, PairPlaces, PairHash> pairs_;
  std::vector<Pair> grown_;  // pairs counted anew by the present join
  std::priority_queue<Candidate, std::vector<Candidate>, Smaller> queue_;
};

}  // namespace

TrainedVocabulary train_vocabulary(const WordCounts& words, std::int64_t size) {
  if (words.counts().empty()) {
    throw DataError({.operation = "vocabulary",
                     .subject = fmt::format("{} texts", words.texts()),
                     .fault = Fault::empty,
                     .reason = "hold no word to make a vocabulary of"});
  }
  const auto characters = characters_of(words);
  const auto least = std::ssize(special_tokens()) + 2 * std::ssize(characters);
  check_size(size, least);
  PairJoiner joiner(words, characters);
  while (std::cmp_less(joiner.size(), size) && joiner.join_next()) {
  }
  const auto joined = static_cast<std::int64_t>(joiner.size()) - least;
  return {.vocabulary = Vocabulary(joiner.take()),
          .characters = std::ssize(characters),
          .joined = joined};
}

}  // namespace dbot::data
