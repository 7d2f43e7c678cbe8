#pragma once

#include <cstdint>
#include <vector>

namespace dbot::optim {

/// Rate at time `time` of a stage [begin, end): linear from 0 over `warmup`, then half a cosine
/// from `peak` to `minimum`. All times in one unit (epochs or steps), fractions allowed. dbot.md
/// §6.
double learning_rate(double time, double begin, double end, double warmup, double peak,
                     double minimum);

/// base_rate · images per optimizer step / 256.
double scaled_rate(double base_rate, std::int64_t images_per_step);

}  // namespace dbot::optim
