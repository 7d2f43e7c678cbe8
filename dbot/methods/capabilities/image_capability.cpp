#include "dbot/methods/capabilities/image_capability.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>

namespace dbot::methods {
namespace {

constexpr std::int64_t kAtOnce = 8;

/// [batch, tokens]: 1 at the positions the loss is a mean over.
at::Tensor counted(const MaskedPrediction& prediction) {
  if (!prediction.has_cls) return prediction.mask;
  const at::Tensor& mask = prediction.mask;
  const double cls = prediction.cls_in_loss ? 1 : 0;
  return at::cat({at::full({mask.size(0), 1}, cls, mask.options()), mask}, 1);
}

class MaskedLoss final : public HeldOutMeasure {
 public:
  explicit MaskedLoss(const ImageCapability& method) : method_(method) {}

  void add(const data::Batch& batch, const DrawContext& context,
           runtime::Precision precision) override {
    const MaskedPrediction prediction = method_.predict_masked(batch, context, precision);
    const double positions = loss_positions(prediction);
    if (positions == 0) return;
    sum_ += positions * masked_loss(prediction);
    positions_ += positions;
  }

  HeldOutFigures figures() const override {
    return {.values = {{"loss", positions_ > 0 ? sum_ / positions_ : std::nan("")}}};
  }

 private:
  const ImageCapability& method_;
  double sum_ = 0, positions_ = 0;
};

}  // namespace

MaskedPrediction on_host(MaskedPrediction prediction) {
  for (at::Tensor* tensor :
       {&prediction.images, &prediction.mask, &prediction.prediction, &prediction.target}) {
    *tensor = tensor->cpu();
  }
  return prediction;
}

double masked_loss(const MaskedPrediction& prediction) {
  return masked_loss(prediction, prediction.prediction.to(at::kFloat));
}

double masked_loss(const MaskedPrediction& prediction, const at::Tensor& guess) {
  const at::Tensor target = prediction.target.to(at::kFloat);
  const at::Tensor guesses = guess.expand_as(target);
  // Of few images at a time: what lies between is as large as what they have.
  std::vector<at::Tensor> losses;
  losses.reserve(static_cast<std::size_t>(target.size(0) / kAtOnce + 1));
  for (std::int64_t begin = 0; begin < target.size(0); begin += kAtOnce) {
    const std::int64_t count = std::min(kAtOnce, target.size(0) - begin);
    losses.push_back(objectives::token_loss(guesses.narrow(0, begin, count),
                                            target.narrow(0, begin, count), prediction.loss));
  }
  return objectives::masked_mean(at::cat(losses), counted(prediction)).item<double>();
}

double loss_positions(const MaskedPrediction& prediction) {
  return counted(prediction).sum().item<double>();
}

std::unique_ptr<HeldOutMeasure> measure_masked_loss(const ImageCapability& method) {
  return std::make_unique<MaskedLoss>(method);
}

}  // namespace dbot::methods
