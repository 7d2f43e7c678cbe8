#include "dbot/data/audit/caption_statistics.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "dbot/data/text/word_counts.h"

namespace dbot::data {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

/// Words between white space.
double count_words(std::string_view text) {
  std::int64_t words = 0;
  for (auto begin = text.find_first_not_of(kWhiteSpace); begin != text.npos; ++words) {
    begin = text.find_first_not_of(kWhiteSpace, text.find_first_of(kWhiteSpace, begin));
  }
  return static_cast<double>(words);
}

double mean_of(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// One a line.
std::int64_t each_line(std::string_view text, const std::function<void(std::string_view)>& visit) {
  std::int64_t lines = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++lines;
  }
  return lines;
}

/// Tokens of captions, and how many of them no vocabulary has.
class TokenLengths {
 public:
  explicit TokenLengths(const WordPiece& tokenizer) : tokenizer_(tokenizer) {}

  void add(std::string_view caption) {
    const auto ids = tokenizer_.ids(caption);
    lengths_.push_back(static_cast<double>(ids.size()));
    unknown_ += static_cast<double>(std::ranges::count(ids, tokenizer_.vocabulary().unknown()));
  }

  CaptionStatistics::Tokens result() && {
    const double mean = mean_of(lengths_);
    const double all = mean * static_cast<double>(lengths_.size());
    return {.tokens = spread_of(std::move(lengths_)),
            .mean = mean,
            .unknown = all > 0 ? unknown_ / all : 0};
  }

 private:
  const WordPiece& tokenizer_;
  std::vector<double> lengths_;
  double unknown_ = 0;
};

}  // namespace

CaptionStatistics measure_captions(const MatchedCaptions& captions, const WordPiece* tokenizer) {
  CaptionStatistics result;
  result.counts = captions.counts;
  std::vector<double> of_an_image, words;
  WordCounts different;
  std::optional<TokenLengths> tokens;
  if (tokenizer != nullptr) tokens.emplace(*tokenizer);
  for (const auto& part : captions.parts) {
    for (std::int64_t i = 0; i < part->size(); ++i) {
      const auto lines = each_line(part->captions(i), [&](std::string_view caption) {
        words.push_back(count_words(caption));
        different.add(caption);
        if (tokens) tokens->add(caption);
      });
      if (lines > 0) of_an_image.push_back(static_cast<double>(lines));
    }
  }
  result.mean_words = mean_of(words);
  result.words = spread_of(std::move(words));
  result.of_an_image = spread_of(std::move(of_an_image));
  result.different_words = std::ssize(different.counts());
  if (tokens) result.tokens = std::move(*tokens).result();
  return result;
}

}  // namespace dbot::data
