#include "dbot/data/text/tables/labelled_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/data_error.h"
#include "dbot/data/text/tables/labelled_texts.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/data/text/words.h"

namespace dbot::data {
namespace {

/// In memory.
class LabelledWords final : public Dataset {
 public:
  explicit LabelledWords(std::vector<std::string> classes) : classes_(std::move(classes)) {}

  void add(SparseRow row, std::int64_t label, std::string_view name) {
    rows_.push_back(std::move(row));
    labels_.push_back(label);
    names_.add(name);
  }
  std::int64_t size() const override { return std::ssize(labels_); }
  void read(std::int64_t index, Sample& sample) const override {
    const SparseRow& row = rows_.at(static_cast<std::size_t>(index));
    sample.begin(name(index));
    const std::array<std::int64_t, 1> length{std::ssize(row.places)};
    sample.add(kRowPlaces).borrow_values(c10::ScalarType::Long, length, row.places.data());
    sample.add(kRowValues).borrow_values(c10::ScalarType::Float, length, row.values.data());
  }
  std::int64_t label(std::int64_t index) const override {
    return labels_.at(static_cast<std::size_t>(index));
  }
  std::string name(std::int64_t index) const override {
    return std::string(names_[static_cast<std::size_t>(index)]);
  }
  std::string key(std::int64_t index) const override { return std::to_string(index); }
  /// Of other words other sizes, most often: a run that goes on sees that the texts changed.
  std::int64_t stored_bytes(std::int64_t index) const override {
    return std::ssize(rows_.at(static_cast<std::size_t>(index)).values) *
           static_cast<std::int64_t>(sizeof(float));
  }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<SparseRow> rows_;
  std::vector<std::int64_t> labels_;
  core::TextList names_;
  std::vector<std::string> classes_;
};

/// How many texts have each label alone.
std::vector<std::int64_t> counts_of_single(const LabelledTexts& texts, std::size_t labels) {
  std::vector<std::int64_t> counts(labels);
  for (const auto& of_text : texts.labels) {
    if (of_text.size() == 1) ++counts.at(static_cast<std::size_t>(of_text.front()));
  }
  return counts;
}

/// `places`: of each label among the classes, −1 for one that is none.
std::shared_ptr<const Dataset> words_of(const LabelledTexts& texts,
                                        const std::vector<std::int64_t>& places,
                                        const std::vector<std::string>& classes,
                                        std::int64_t length) {
  auto words = std::make_shared<LabelledWords>(classes);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts.labels[i].size() != 1) continue;
    const std::int64_t place = places.at(static_cast<std::size_t>(texts.labels[i].front()));
    if (place >= 0) words->add(word_row(texts.texts[i], length), place, texts.names[i]);
  }
  return words;
}

}  // namespace

std::int64_t word_number(std::string_view word) {
  constexpr std::uint64_t kNumbers = (std::uint64_t{1} << 24U) - 1;
  return static_cast<std::int64_t>(core::name_key(word) % kNumbers) + 1;
}

SparseRow word_row(std::string_view text, std::int64_t length) {
  SparseRow row;
  cut_words(text, [&](std::string_view word) {
    if (std::ssize(row.places) >= length) return;
    row.places.push_back(std::ssize(row.places));
    row.values.push_back(static_cast<float>(word_number(word)));
  });
  return row;
}

LabelledSplits open_labelled_words(const std::filesystem::path& folder, std::int64_t length,
                                   const core::Log& log) {
  const LabelledTextParts texts = open_labelled_texts(folder, log);
  const auto learned = counts_of_single(texts.train, texts.labels.size());
  const auto tested = counts_of_single(texts.test, texts.labels.size());
  std::vector<std::string> classes;
  std::vector<std::int64_t> places(texts.labels.size(), -1);
  for (std::size_t label = 0; label < texts.labels.size(); ++label) {
    if (learned[label] == 0 || tested[label] == 0) continue;
    places[label] = std::ssize(classes);
    classes.push_back(texts.labels[label]);
  }
  if (classes.size() < 2) {
    throw data_error(folder.string(), Fault::unlabelled,
                     fmt::format("has {} labels that texts to train on and to test on have alone, "
                                 "expected two or more: of the texts, those with one label are "
                                 "read",
                                 classes.size()));
  }
  LabelledSplits splits{.train = words_of(texts.train, places, classes, length),
                        .test = words_of(texts.test, places, classes, length),
                        .description = "texts to train on and to test on",
                        .labels = texts.kind};
  const auto all = static_cast<std::int64_t>(texts.train.size() + texts.test.size());
  const std::int64_t kept = splits.train->size() + splits.test->size();
  log(core::LogLevel::information,
      fmt::format("[data] {} texts of {} classes, the first {} words of each; {} are left out, "
                  "which have no label or several, or one that only one part has",
                  kept, classes.size(), length, all - kept));
  return splits;
}

}  // namespace dbot::data
