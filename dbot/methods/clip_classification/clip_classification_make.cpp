#include "dbot/methods/clip_classification/clip_classification.h"
#include "dbot/methods/clip_classification/clip_classification_entry.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const ClipClassificationConfig& config, const MakeContext& context) {
  return std::make_unique<ClipClassification>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const ClipClassificationConfig& config,
                                    const MakeContext& context) {
  return ClipClassification::to_be_loaded(placed(config, context));
}

}  // namespace dbot::methods
