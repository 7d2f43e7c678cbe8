#include "dbot/eval/classifier/classifier_figures.h"

#include <ATen/ops/softmax.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "dbot/core/csv_field.h"
#include "dbot/core/error.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/objectives/label_rank.h"

namespace dbot::eval {
namespace {

double percent(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

std::int64_t ConfusionMatrix::samples(std::int64_t label) const {
  const auto begin = counts.begin() + label * std::ssize(classes);
  return std::accumulate(begin, begin + std::ssize(classes), std::int64_t{0});
}

void ClassifierFigures::add(const at::Tensor& logits, const std::vector<std::int64_t>& labels,
                            const std::vector<std::int64_t>& samples) {
  check_features("classifier", logits, "test");
  const std::int64_t classes = std::ssize(confusion_.classes);
  if (logits.size(1) != classes || logits.size(0) != std::ssize(labels) ||
      labels.size() != samples.size()) {
    throw Error(
        fmt::format("[classifier] {} rows of {} logits and {} labels, expected {} logits "
                    "and one label a row",
                    logits.size(0), logits.size(1), labels.size(), classes));
  }
  const at::Tensor shares = logits.cpu().softmax(1).contiguous();
  const float* row = shares.const_data_ptr<float>();
  for (std::size_t i = 0; i < labels.size(); ++i, row += classes) {
    const std::int64_t label = labels[i];
    if (label < 0) continue;
    if (label >= classes) {
      throw Error(fmt::format("[classifier] a label is {}, expected less than {}", label, classes));
    }
    const std::int64_t said = std::max_element(row, row + classes) - row;
    predictions_.push_back({samples[i], label, said, static_cast<double>(row[said])});
    ++confusion_.counts[static_cast<std::size_t>(label * classes + said)];
    among_five_ += objectives::rank_of(row, classes, label) < 5 ? 1 : 0;
  }
}

double ClassifierFigures::top1() const {
  std::int64_t correct = 0;
  for (std::int64_t c = 0; c < std::ssize(confusion_.classes); ++c) {
    correct += confusion_.correct(c);
  }
  return percent(correct, samples());
}

double ClassifierFigures::top5() const {
  return percent(among_five_, samples());
}

std::string predictions_csv(const ClassifierFigures& figures, const data::Dataset& dataset) {
  const auto& classes = figures.confusion().classes;
  const auto name = [&](std::int64_t label) {
    return core::csv_field(classes.at(static_cast<std::size_t>(label)));
  };
  std::string text = "name,label,predicted,probability\n";
  for (const ClassPrediction& one : figures.predictions()) {
    text += fmt::format("{},{},{},{:.6f}\n", core::csv_field(dataset.name(one.sample)),
                        name(one.label), name(one.said), one.probability);
  }
  return text;
}

std::string to_json(const ClassifierFigures& figures) {
  const ConfusionMatrix& confusion = figures.confusion();
  nlohmann::ordered_json json{{"samples", figures.samples()},
                              {"top1", figures.top1()},
                              {"top5", figures.top5()},
                              {"classes", nlohmann::ordered_json::array()},
                              {"confusion", nlohmann::ordered_json::array()}};
  for (std::int64_t label = 0; label < std::ssize(confusion.classes); ++label) {
    json["classes"].push_back({{"name", confusion.classes[static_cast<std::size_t>(label)]},
                               {"samples", confusion.samples(label)},
                               {"correct", confusion.correct(label)}});
    std::vector<std::int64_t> row;
    for (std::int64_t said = 0; said < std::ssize(confusion.classes); ++said) {
      row.push_back(confusion.at(label, said));
    }
    json["confusion"].push_back(row);
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace dbot::eval
