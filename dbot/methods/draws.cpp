#include "dbot/methods/draws.h"

namespace dbot::methods {

core::Random batch_draws(const DrawContext& context) {
  return core::Random({.seed = context.seed,
                       .purpose = core::Purpose::batch,
                       .stage = static_cast<std::uint32_t>(context.stage),
                       .sample = static_cast<std::uint64_t>(context.micro_batch)});
}

}  // namespace dbot::methods
