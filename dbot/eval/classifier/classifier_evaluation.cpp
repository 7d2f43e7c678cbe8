#include "dbot/eval/classifier/classifier_evaluation.h"

#include <utility>

namespace dbot::eval {

ClassifierFigures evaluate_classifier(const methods::ClassifyingCapability& classifier,
                                      const nn::BackboneInput& input,
                                      std::shared_ptr<const data::Dataset> dataset,
                                      const ExtractionSettings& settings,
                                      const core::StopRequest& stop, const core::Log& log) {
  ClassifierFigures figures(classifier.classes());
  for_each_batch(std::move(dataset), input, settings, {.operation = "classifier", .doing = "test"},
                 stop, log, [&](const data::Batch& batch) {
                   figures.add(classifier.logits(batch, settings.precision), batch.labels,
                               batch.sample_ids);
                 });
  return figures;
}

EvaluationRow row_of(const ClassifierFigures& figures, std::int64_t train_samples, double seconds) {
  return {.protocol = "classifier",
          .features = "logits",
          .top1 = figures.top1(),
          .top5 = figures.top5(),
          .seconds = seconds,
          .train_samples = train_samples,
          .test_samples = figures.samples()};
}

}  // namespace dbot::eval
