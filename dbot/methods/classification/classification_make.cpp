#include "dbot/methods/classification/classification.h"
#include "dbot/methods/classification/classification_entry.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const ClassificationConfig& config, const MakeContext& context) {
  return std::make_unique<Classification>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const ClassificationConfig& config,
                                    const MakeContext& context) {
  return Classification::to_be_loaded(placed(config, context));
}

}  // namespace dbot::methods
