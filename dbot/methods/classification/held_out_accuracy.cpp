#include "dbot/methods/classification/held_out_accuracy.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>

#include <cstdint>
#include <limits>

#include "dbot/methods/classification/batch_labels.h"
#include "dbot/objectives/classification_loss.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kFirst = 5;

class HeldOutAccuracy final : public HeldOutMeasure {
 public:
  explicit HeldOutAccuracy(const ClassifyingCapability& classifier) : classifier_(classifier) {}

  void add(const data::Batch& batch, const DrawContext& /*context*/,
           runtime::Precision precision) override {
    const at::Tensor labels = labels_of(batch);
    const at::Tensor logits = classifier_.logits(batch, precision).cpu();
    const std::int64_t classes = logits.size(1);
    // The place of the label among the logits from the highest one; of equal ones the first.
    const at::Tensor own = logits.gather(1, labels.unsqueeze(1));
    const at::Tensor order = at::arange(classes, at::kLong).unsqueeze(0);
    const at::Tensor before =
        logits.gt(own).logical_or(logits.eq(own).logical_and(order.lt(labels.unsqueeze(1))));
    const at::Tensor is_number = logits.isfinite().all(1);
    const at::Tensor place = before.sum(1);
    const auto within = [&](std::int64_t count) {
      return place.lt(count).logical_and(is_number).sum().item<std::int64_t>();
    };
    right_ += within(1);
    among_first_ += within(kFirst);
    const at::Tensor loss =
        objectives::label_smoothing_cross_entropy(logits, labels, /*smoothing=*/0);
    loss_ += loss.item<double>() * static_cast<double>(batch.size());
    samples_ += batch.size();
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
