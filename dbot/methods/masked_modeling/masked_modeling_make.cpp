#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"

namespace dbot::methods {

namespace {

MaskedModelingConfig of_run(const MaskedModelingConfig& config, const MakeContext& context) {
  MaskedModelingConfig whole = placed(config, context);
  whole.stages = context.stages;
  return whole;
}

}  // namespace

std::unique_ptr<Method> make(const MaskedModelingConfig& config, const MakeContext& context) {
  return std::make_unique<MaskedModeling>(of_run(config, context));
}

std::unique_ptr<Method> make_stored(const MaskedModelingConfig& config,
                                    const MakeContext& context) {
  return MaskedModeling::to_be_loaded(of_run(config, context));
}

}  // namespace dbot::methods
