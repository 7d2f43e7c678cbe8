#include "dbot/methods/siamese/siamese.h"
#include "dbot/methods/siamese/siamese_entry.h"

namespace dbot::methods {
namespace {

SiameseConfig placed(SiameseConfig config, const MakeContext& context) {
  config.seed = context.seed;
  config.device = context.device;
  return config;
}

}  // namespace

std::unique_ptr<Method> make(const SiameseConfig& config, const MakeContext& context) {
  return std::make_unique<Siamese>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const SiameseConfig& config, const MakeContext& context) {
  return make(config, context);
}

}  // namespace dbot::methods
