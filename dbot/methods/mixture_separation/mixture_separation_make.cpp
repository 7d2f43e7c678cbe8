#include "dbot/methods/mixture_separation/mixture_separation.h"
#include "dbot/methods/mixture_separation/mixture_separation_entry.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const MixtureSeparationConfig& config, const MakeContext& context) {
  return std::make_unique<MixtureSeparation>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const MixtureSeparationConfig& config,
                                    const MakeContext& context) {
  return MixtureSeparation::to_be_loaded(placed(config, context));
}

}  // namespace dbot::methods
