#pragma once

#include <cstdint>

#include "dbot/core/random.h"
#include "dbot/methods/draws.h"
#include "dbot/methods/siamese/siamese_config.h"

namespace dbot::methods {

/// The random numbers of a step for a batch of so many images. Each stands there only where the
/// configuration wants it:
/// - "key_order" int64 [directions, batch]: the order in which MoCo's keys are computed;
/// - "mask" float32 [1 or channels, height, width]: 1 where an image's own pixel stays;
/// - "mask_partner" int64 [batch]: whose pixels fill the holes; without it the reversed batch's;
/// - "fill_noise" float32 [batch, channels, height, width]: standard normal;
/// - "mixing": Un-Mix' mixture (mixing_draws.h).
StepDraws draw_siamese(const SiameseConfig& config, std::int64_t batch, core::Random random);

}  // namespace dbot::methods
