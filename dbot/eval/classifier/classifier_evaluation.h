#pragma once

#include <memory>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/classifier/classifier_figures.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/methods/capabilities/classifying_capability.h"
#include "dbot/nn/backbone.h"

namespace dbot::eval {

/// What a classifier says of every image of a labelled data set: centre crops of the size that it
/// reads, nothing mixed, nothing dropped. Throws Stopped when asked to stop, Error where its logits
/// are not finite.
ClassifierFigures evaluate_classifier(const methods::ClassifyingCapability& classifier,
                                      const nn::BackboneInput& input,
                                      std::shared_ptr<const data::Dataset> dataset,
                                      const ExtractionSettings& settings,
                                      const core::StopRequest& stop, const core::Log& log);

/// The figures as one row beside those of frozen features: protocol "classifier".
EvaluationRow row_of(const ClassifierFigures& figures, std::int64_t train_samples, double seconds);

}  // namespace dbot::eval
