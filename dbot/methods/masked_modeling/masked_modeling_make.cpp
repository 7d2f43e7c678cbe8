#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const MaskedModelingConfig& config, const MakeContext& context) {
  return std::make_unique<MaskedModeling>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const MaskedModelingConfig& config,
                                    const MakeContext& context) {
  return MaskedModeling::to_be_loaded(placed(config, context));
}

}  // namespace dbot::methods
