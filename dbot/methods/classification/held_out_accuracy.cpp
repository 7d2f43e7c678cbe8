#include "dbot/methods/classification/held_out_accuracy.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "dbot/methods/classification/batch_labels.h"
#include "dbot/objectives/classification_loss.h"
#include "dbot/objectives/label_rank.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kFirst = 5;

class HeldOutAccuracy final : public HeldOutMeasure {
 public:
  explicit HeldOutAccuracy(const ClassifyingCapability& classifier) : classifier_(classifier) {}

  void add(const data::Batch& batch, const DrawContext& /*context*/,
           runtime::Precision precision) override {
    const at::Tensor labels = labels_of(batch);
    const at::Tensor logits = classifier_.logits(batch, precision).cpu().contiguous();
    // Refuses labels of classes that the logits lack.
    const at::Tensor loss =
        objectives::label_smoothing_cross_entropy(logits, labels, /*smoothing=*/0);
    loss_ += loss.item<double>() * static_cast<double>(batch.size());
    samples_ += batch.size();
    const std::int64_t classes = logits.size(1);
    const float* row = logits.const_data_ptr<float>();
    for (const std::int64_t label : batch.labels) {
      const bool finite = std::all_of(row, row + classes, [](float x) { return std::isfinite(x); });
      const std::int64_t rank = objectives::rank_of(row, classes, label);
      right_ += finite && rank == 0 ? 1 : 0;
      among_first_ += finite && rank < kFirst ? 1 : 0;
      row += classes;
    }
  }

  HeldOutFigures figures() const override {
    const auto mean = [&](double sum) {
      return samples_ > 0 ? sum / static_cast<double>(samples_)
                          : std::numeric_limits<double>::quiet_NaN();
    };
    HeldOutFigures figures{.values = {{"top1", mean(100 * static_cast<double>(right_))}},
                           .higher_is_better = true};
    if (std::ssize(classifier_.classes()) > kFirst) {
      figures.values.emplace_back("top5", mean(100 * static_cast<double>(among_first_)));
    }
    figures.values.emplace_back("loss", mean(loss_));
    return figures;
  }

 private:
  const ClassifyingCapability& classifier_;
  std::int64_t samples_ = 0, right_ = 0, among_first_ = 0;
  double loss_ = 0;  // summed over the samples
};

}  // namespace

std::unique_ptr<HeldOutMeasure> measure_accuracy(const ClassifyingCapability& classifier) {
  return std::make_unique<HeldOutAccuracy>(classifier);
}

}  // namespace dbot::methods
