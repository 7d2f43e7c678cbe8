#include "dbot/data/text/tables/tf_idf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/text/unicode.h"
#include "dbot/data/text/words.h"

namespace dbot::data {
namespace {

/// The letters of a text in runs of two or more.
template <typename Take>
void each_run(std::string_view text, const Take& take) {
  std::string run;
  const auto finish = [&] {
    if (code_points(run) >= 2) take(run);
    run.clear();
  };
  cut_words(text, [&](std::string_view word) {
    while (!word.empty()) {
      const CodePoint point = first_code_point(word);
      if (is_letter(point.value)) {
        run.append(word.substr(0, point.bytes));
      } else {
        finish();
      }
      word.remove_prefix(point.bytes);
    }
    finish();
  });
}

struct WordUse {
  std::int64_t times = 0, documents = 0, last_document = -1;
};

std::unordered_map<std::string, WordUse> uses_in(const core::TextList& texts) {
  std::unordered_map<std::string, WordUse> uses;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    each_run(texts[i], [&](const std::string& word) {
      WordUse& use = uses[word];
      ++use.times;
      if (use.last_document == static_cast<std::int64_t>(i)) return;
      ++use.documents;
      use.last_document = static_cast<std::int64_t>(i);
    });
  }
  return uses;
}

}  // namespace

TfIdf::TfIdf(const core::TextList& training, const TfIdfConfig& config) {
  std::vector<std::pair<std::string, WordUse>> uses;
  for (auto& [word, use] : uses_in(training)) {
    if (use.documents >= config.least_documents) uses.emplace_back(word, use);
  }
  if (uses.empty()) {
    throw data_error("the texts to train on", Fault::empty,
                     fmt::format("have no word that is in {} of them", config.least_documents));
  }
  std::ranges::sort(uses, [](const auto& a, const auto& b) {
    return std::pair(-a.second.times, a.first) < std::pair(-b.second.times, b.first);
  });
  uses.resize(std::min(uses.size(), static_cast<std::size_t>(config.words)));
  words_.reserve(uses.size());
  inverse_.reserve(uses.size());
  for (auto& [word, use] : uses) {
    places_.emplace(word, static_cast<std::int64_t>(words_.size()));
    words_.push_back(std::move(word));
    inverse_.push_back(static_cast<float>(
        std::log(static_cast<double>(training.size()) / static_cast<double>(use.documents))));
  }
}

TfIdf::TfIdf(std::vector<std::string> words, std::vector<float> inverse_frequencies)
    : words_(std::move(words)), inverse_(std::move(inverse_frequencies)) {
  const auto usable = [](float value) { return std::isfinite(value) && value >= 0; };
  if (words_.size() != inverse_.size() || !std::ranges::all_of(inverse_, usable)) {
    throw data_error("the words of the texts", Fault::mismatch,
                     fmt::format("are {} with {} inverse frequencies, expected one of each, 0 or "
                                 "more",
                                 words_.size(), inverse_.size()));
  }
  for (const std::string& word : words_) {
    const bool fresh = places_.emplace(word, std::ssize(places_)).second;
    if (!fresh) {
      throw data_error("the words of the texts", Fault::mismatch,
                       fmt::format("have \"{}\" twice", word));
    }
  }
}

SparseRow TfIdf::row(std::string_view text) const {
  std::map<std::int64_t, std::int64_t> times;
  each_run(text, [&](const std::string& word) {
    if (const auto place = places_.find(word); place != places_.end()) ++times[place->second];
  });
  SparseRow row;
  double squares = 0;
  for (const auto& [place, count] : times) {
    const double value = (1 + std::log(static_cast<double>(count))) *
                         static_cast<double>(inverse_[static_cast<std::size_t>(place)]);
    row.places.push_back(place);
    row.values.push_back(static_cast<float>(value));
    squares += value * value;
  }
  if (squares > 0) {
    for (float& value : row.values) value /= static_cast<float>(std::sqrt(squares));
  }
  return row;
}

}  // namespace dbot::data
