#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"

namespace dbot::methods {
namespace {

MaskedModelingConfig seeded(MaskedModelingConfig config, std::uint64_t seed) {
  config.seed = seed;
  return config;
}

}  // namespace

std::unique_ptr<Method> make(const MaskedModelingConfig& config, std::uint64_t seed) {
  return std::make_unique<MaskedModeling>(seeded(config, seed));
}

std::unique_ptr<Method> make_stored(const MaskedModelingConfig& config, std::uint64_t seed) {
  return MaskedModeling::to_be_loaded(seeded(config, seed));
}

}  // namespace dbot::methods
