#include "dbot/data/text/tables/labelled_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "dbot/core/random.h"
#include "dbot/data/data_error.h"
#include "dbot/data/subset.h"

namespace dbot::data {
namespace {

std::shared_ptr<const Dataset> rows_of(const LabelledTexts& texts, const TfIdf& words,
                                       const std::vector<std::string>& labels) {
  std::vector<SparseRow> rows;
  std::vector<std::string> names;
  rows.reserve(texts.size());
  names.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    rows.push_back(words.row(texts.texts[i]));
    names.emplace_back(texts.names[i]);
  }
  return std::make_shared<LabelledRows>(std::move(rows), texts.labels, std::move(names), labels);
}

/// A share of the samples, drawn by the seed, and the others; both rising.
std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> divided(std::int64_t samples,
                                                                        double share,
                                                                        std::uint64_t seed) {
  auto order = core::permutation({.seed = seed, .purpose = core::Purpose::split}, samples);
  const auto count = std::clamp<std::int64_t>(std::llround(share * static_cast<double>(samples)), 1,
                                              std::max<std::int64_t>(1, samples - 1));
  std::vector<std::int64_t> held_out(order.begin(), order.begin() + count);
  std::vector<std::int64_t> kept(order.begin() + count, order.end());
  std::ranges::sort(held_out);
  std::ranges::sort(kept);
  return {std::move(kept), std::move(held_out)};
}

}  // namespace

LabelledRows::LabelledRows(std::vector<SparseRow> rows,
                           std::vector<std::vector<std::int32_t>> labels,
                           std::vector<std::string> names, std::vector<std::string> label_names)
    : rows_(std::move(rows)),
      labels_(std::move(labels)),
      names_(std::move(names)),
      label_names_(std::move(label_names)) {}

std::size_t LabelledRows::checked(std::int64_t index) const {
  if (index >= 0 && index < size()) return static_cast<std::size_t>(index);
  throw data_error("the rows", Fault::other, fmt::format("have no row {} of {}", index, size()));
}

void LabelledRows::read(std::int64_t index, Sample& sample) const {
  const std::size_t place = checked(index);
  const SparseRow& row = rows_[place];
  sample.begin(names_[place]);
  const std::array<std::int64_t, 1> length{std::ssize(row.places)};
  sample.add(kRowPlaces).borrow_values(c10::ScalarType::Long, length, row.places.data());
  sample.add(kRowValues).borrow_values(c10::ScalarType::Float, length, row.values.data());
  const std::array<std::int64_t, 1> labels{std::ssize(label_names_)};
  const auto bytes = sample.add(kLabelSet).own_values(c10::ScalarType::Float, labels);
  std::ranges::fill(bytes, std::uint8_t{0});
  constexpr float kHolds = 1;
  for (const std::int32_t label : labels_[place]) {
    std::memcpy(bytes.data() + static_cast<std::size_t>(label) * sizeof kHolds, &kHolds,
                sizeof kHolds);
  }
}

std::string LabelledRows::name(std::int64_t index) const {
  return names_[checked(index)];
}

std::int64_t LabelledRows::stored_bytes(std::int64_t index) const {
  const std::size_t place = checked(index);
  return static_cast<std::int64_t>(rows_[place].places.size() *
                                       (sizeof(std::int64_t) + sizeof(float)) +
                                   labels_[place].size() * sizeof(std::int32_t));
}

LabelledRowParts open_labelled_rows(const std::filesystem::path& folder, const TfIdfConfig& config,
                                    double held_out, std::uint64_t seed, const core::Log& log) {
  const LabelledTextParts texts = open_labelled_texts(folder, log);
  if (texts.train.size() < 2 || texts.test.size() == 0) {
    throw data_error(folder.string(), Fault::empty,
                     fmt::format("has {} texts to train on and {} to test on, expected at least 2 "
                                 "and 1",
                                 texts.train.size(), texts.test.size()));
  }
  const TfIdf words(texts.train.texts, config);
  const auto all = rows_of(texts.train, words, texts.labels);
  auto [kept, aside] = divided(all->size(), held_out, seed);
  log(core::LogLevel::information,
      fmt::format("[data] {} words; {} of {} texts are held out: policies are rewarded and "
                  "thresholds tuned on them",
                  words.words().size(), aside.size(), all->size()));
  return {.train = subset(all, std::move(kept)),
          .held_out = subset(all, std::move(aside)),
          .test = rows_of(texts.test, words, texts.labels),
          .width = std::ssize(words.words()),
          .labels = texts.labels,
          .words = words.words(),
          .frequencies = words.inverse_frequencies(),
          .kind = texts.kind};
}

}  // namespace dbot::data
