#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dbot/core/text_list.h"

// Texts as bags of words (Salton & Buckley, Information Processing & Management 24(5), 1988).
namespace dbot::data {

struct TfIdfConfig {
  std::int64_t words = 8000;         // at most
  std::int64_t least_documents = 3;  // that a word stands in
};

/// A row of numbers of which few are not 0.
struct SparseRow {
  std::vector<std::int64_t> places;  // rising
  std::vector<float> values;
};

/// A word is a run of two or more letters, in small letters. Of the training texts' words the most
/// frequent are known, of equally frequent ones the first by the alphabet; they stand in this
/// order. Same texts, same words, on every machine.
class TfIdf {
 public:
  /// Throws DataError where no word is in enough texts.
  TfIdf(const core::TextList& training, const TfIdfConfig& config);
  /// What another one knew. Throws DataError where there is not one ln(n/df) for each word, or one
  /// is no finite number of 0 or more, or a word comes twice.
  TfIdf(std::vector<std::string> words, std::vector<float> inverse_frequencies);

  /// (1 + ln tf) · ln(n/df) of each known word, to unit length; empty for a text without one.
  SparseRow row(std::string_view text) const;

  const std::vector<std::string>& words() const { return words_; }
  const std::vector<float>& inverse_frequencies() const { return inverse_; }  // ln(n/df)

 private:
  std::vector<std::string> words_;
  std::vector<float> inverse_;
  std::unordered_map<std::string, std::int64_t> places_;
};

}  // namespace dbot::data
