#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::eval {

/// What a classifier says of one labelled sample.
struct ClassPrediction {
  std::int64_t sample = 0;           // its index in the data set
  std::int64_t label = 0, said = 0;  // numbers of classes
  double probability = 0;            // of the class that it says
};

/// How often samples of a class (row) were said to be of another (column).
struct ConfusionMatrix {
  explicit ConfusionMatrix(std::vector<std::string> names)
      : classes(std::move(names)), counts(classes.size() * classes.size()) {}

  std::int64_t at(std::int64_t label, std::int64_t said) const {
    return counts.at(static_cast<std::size_t>(label) * classes.size() +
                     static_cast<std::size_t>(said));
  }
  /// Samples of a class, and those of them that were said to be of it.
  std::int64_t samples(std::int64_t label) const;
  std::int64_t correct(std::int64_t label) const { return at(label, label); }

  std::vector<std::string> classes;
  std::vector<std::int64_t> counts;  // row-major
};

/// The figures of a classifier on labelled samples, gathered batch by batch.
class ClassifierFigures {
 public:
  explicit ClassifierFigures(std::vector<std::string> classes) : confusion_(std::move(classes)) {}

  /// logits: float32 [batch, classes]; labels and samples: one a row. Samples with label −1 do not
  /// count. Throws Error where logits are not finite or a label is no class.
  void add(const at::Tensor& logits, const std::vector<std::int64_t>& labels,
           const std::vector<std::int64_t>& samples);

  std::int64_t samples() const { return std::ssize(predictions_); }
  /// Percent of the samples whose class is the first, or among the first five; 0 without samples.
  double top1() const;
  double top5() const;
  const ConfusionMatrix& confusion() const { return confusion_; }
  const std::vector<ClassPrediction>& predictions() const { return predictions_; }

 private:
  ConfusionMatrix confusion_;
  std::vector<ClassPrediction> predictions_;
  std::int64_t among_five_ = 0;
};

/// A line for each prediction under "name,label,predicted,probability"; names of classes.
std::string predictions_csv(const ClassifierFigures& figures, const data::Dataset& dataset);

/// {"samples", "top1", "top5", "classes": [{"name", "samples", "correct"}], "confusion": [[…]]}:
/// accuracies in percent, a row of counts for each class.
std::string to_json(const ClassifierFigures& figures);

}  // namespace dbot::eval
