#include "dbot/eval/classifier/confusion_exhibit.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace dbot::eval {
namespace {

constexpr std::size_t kNamedMistakes = 3;

std::int64_t classes_of(const ConfusionMatrix& confusion) {
  return std::ssize(confusion.classes);
}

/// How often each class was taken for another one, or another one for it.
std::vector<std::int64_t> confusions_of(const ConfusionMatrix& confusion) {
  std::vector<std::int64_t> confusions(confusion.classes.size());
  for (std::int64_t label = 0; label < classes_of(confusion); ++label) {
    for (std::int64_t said = 0; said < classes_of(confusion); ++said) {
      if (label == said) continue;
      confusions[static_cast<std::size_t>(label)] += confusion.at(label, said);
      confusions[static_cast<std::size_t>(said)] += confusion.at(label, said);
    }
  }
  return confusions;
}

/// All classes, or those that were confused most often, in their own order.
std::vector<std::int64_t> shown_classes(const ConfusionMatrix& confusion, std::int64_t most) {
  std::vector<std::int64_t> shown(confusion.classes.size());
  std::iota(shown.begin(), shown.end(), std::int64_t{0});
  if (std::ssize(shown) <= most) return shown;
  const std::vector<std::int64_t> confusions = confusions_of(confusion);
  std::ranges::stable_sort(shown, std::ranges::greater{}, [&](std::int64_t one) {
    return confusions[static_cast<std::size_t>(one)];
  });
  shown.resize(static_cast<std::size_t>(most));
  std::ranges::sort(shown);
  return shown;
}

struct Mistake {
  std::int64_t label = 0, said = 0, count = 0;
};

/// "Most frequent mistakes: cat for dog (12 of 30), …"; empty where there are none.
std::string mistakes_text(const ConfusionMatrix& confusion) {
  std::vector<Mistake> mistakes;
  for (std::int64_t label = 0; label < classes_of(confusion); ++label) {
    for (std::int64_t said = 0; said < classes_of(confusion); ++said) {
      const std::int64_t count = confusion.at(label, said);
      if (label != said && count > 0) mistakes.push_back({label, said, count});
    }
  }
  std::ranges::stable_sort(mistakes, std::ranges::greater{}, &Mistake::count);
  mistakes.resize(std::min(mistakes.size(), kNamedMistakes));
  std::string text;
  for (const auto& [label, said, count] : mistakes) {
    text += fmt::format("{}{} for {} ({} of {})", text.empty() ? "Most frequent mistakes: " : ", ",
                        confusion.classes[static_cast<std::size_t>(said)],
                        confusion.classes[static_cast<std::size_t>(label)], count,
                        confusion.samples(label));
  }
  return text;
}

methods::Matrix shares_of(const ConfusionMatrix& confusion,
                          const std::vector<std::int64_t>& shown) {
  methods::Matrix matrix{.values = {},
                         .rows = {},
                         .columns = {},
                         .row_title = "true class",
                         .column_title = "predicted class",
                         .low = 0,
                         .high = 1};
  for (const std::int64_t label : shown) {
    matrix.rows.push_back(confusion.classes[static_cast<std::size_t>(label)]);
    const std::int64_t samples = confusion.samples(label);
    for (const std::int64_t said : shown) {
      matrix.values.push_back(samples > 0 ? static_cast<double>(confusion.at(label, said)) /
                                                static_cast<double>(samples)
                                          : std::numeric_limits<double>::quiet_NaN());
    }
  }
  matrix.columns = matrix.rows;
  return matrix;
}

}  // namespace

methods::ExhibitGroup confusion_exhibit(const ConfusionMatrix& confusion, std::int64_t most) {
  const std::vector<std::int64_t> shown = shown_classes(confusion, most);
  std::string explanation =
      "What the test images of each class were taken for, as shares of the class: right answers "
      "are on the diagonal.";
  if (std::ssize(shown) < classes_of(confusion)) {
    explanation += fmt::format(
        " Of {} classes those {} are shown that were confused most often; what is missing of a row "
        "was taken for others.",
        classes_of(confusion), shown.size());
  }
  return {
      .kind = "confusion",
      .title = "Confusion of the test images",
      .explanation = std::move(explanation),
      .exhibits = {{.caption = mistakes_text(confusion), .content = shares_of(confusion, shown)}}};
}

}  // namespace dbot::eval
