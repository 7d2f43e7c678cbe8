#include "dbot/data/sources/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

constexpr std::int32_t kMostNumbers = 1 << 20;

/// The class number a word spells as numbers are usually written; none for "007" or "-1".
std::optional<std::int32_t> class_number(std::string_view word) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(word.begin(), word.end(), value);
  if (error != std::errc{} || end != word.end() || value < 0 || value >= kMostNumbers ||
      std::to_string(value) != word) {
    return std::nullopt;
  }
  return value;
}

/// "0" to the largest number; empty unless all words are numbers.
std::vector<std::string> numbers_up_to_largest(const std::set<std::string_view>& words) {
  std::int32_t largest = -1;
  for (const auto word : words) {
    const auto value = class_number(word);
    if (!value) return {};
    largest = std::max(largest, *value);
  }
  std::vector<std::string> classes;
  for (std::int32_t i = 0; i <= largest; ++i) classes.push_back(std::to_string(i));
  return classes;
}

}  // namespace

void LabelWords::add(std::string_view word) {
  if (word.empty()) {
    has_unlabelled_ = true;
    of_sample_.push_back(-1);
    return;
  }
  auto found = words_.find(word);
  if (found == words_.end()) {
    found = words_.emplace(word, static_cast<std::int32_t>(words_.size())).first;
  }
  of_sample_.push_back(found->second);
}

void LabelWords::make_unlabelled() {
  std::fill(of_sample_.begin(), of_sample_.end(), -1);
  words_.clear();
  has_unlabelled_ = true;
}

std::vector<Labels> number_alike(const std::vector<LabelWords>& parts,
                                 const std::vector<std::string>& known) {
  std::vector<std::string> classes = known;
  if (classes.empty()) {
    std::set<std::string_view> words;
    for (const auto& part : parts) {
      for (const auto& entry : part.words_) words.insert(entry.first);
    }
    classes = numbers_up_to_largest(words);
    if (classes.empty()) classes.assign(words.begin(), words.end());
  }
  std::map<std::string_view, std::int32_t> place;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    place.emplace(classes[i], static_cast<std::int32_t>(i));
  }
  std::vector<Labels> all;
  for (const auto& part : parts) {
    std::vector<std::int32_t> of_word(part.words_.size(), -1);
    for (const auto& [word, number] : part.words_) {
      const auto found = place.find(word);
      if (found != place.end()) of_word[static_cast<std::size_t>(number)] = found->second;
    }
    Labels labels{{}, classes};
    labels.of_sample.reserve(part.of_sample_.size());
    for (const auto word : part.of_sample_) {
      labels.of_sample.push_back(word < 0 ? -1 : of_word[static_cast<std::size_t>(word)]);
    }
    all.push_back(std::move(labels));
  }
  return all;
}

void require_two_classes(const std::filesystem::path& path,
                         const std::vector<std::string>& classes) {
  if (classes.size() >= 2) return;
  throw DataError(
      {.operation = "data",
       .subject = path.string(),
       .fault = Fault::unlabelled,
       .reason = fmt::format("has one class only ({}), expected at least two class folders",
                             classes.empty() ? "" : classes.front()),
       .way_out = "evaluation tells classes apart"});
}

}  // namespace dbot::data
