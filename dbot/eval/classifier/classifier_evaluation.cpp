#include "dbot/eval/classifier/classifier_evaluation.h"

#include <utility>

#include "dbot/eval/frozen/samples.h"

namespace dbot::eval {

ClassifierFigures evaluate_classifier(const methods::ClassifyingCapability& classifier,
                                      const nn::ImageInput& input,
                                      std::shared_ptr<const data::Dataset> dataset,
                                      const ExtractionSettings& settings,
                                      const core::StopRequest& stop, const core::Log& log) {
  ClassifierFigures figures(classifier.classes());
  const std::int64_t total = dataset->size();
  std::int64_t done = 0;
  const auto loader = evaluation_loader(std::move(dataset), input, settings, log);
  while (const auto batch = loader->next()) {
    throw_if_stopped("classifier", stop);
    figures.add(classifier.logits(*batch, settings.precision), batch->labels, batch->sample_ids);
    done += batch->size();
    if (settings.progress) settings.progress({.done = done, .total = total, .doing = "test"});
  }
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
