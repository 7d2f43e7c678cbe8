#pragma once

#include <cstdint>
#include <vector>

namespace dbot::optim {

/// Rate at time `time` of a stage [begin, end): linear from 0 over `warmup`, then half a cosine
/// from `peak` to `minimum`. All times in one unit (epochs or steps), fractions allowed.
/// docs/methods/mae.md §5, docs/methods/dbot.md §6.
double learning_rate(double time, double begin, double end, double warmup, double peak,
                     double minimum);

/// The rate of every step of a stage of `steps` steps, as the symmetric variant tabulates it:
/// `warmup` steps from 0 to the peak, both included, then half a cosine that starts at the peak
/// again and stops one step short of the minimum. docs/methods/dbot.md §8.
std::vector<double> rate_table(std::int64_t steps, std::int64_t warmup, double peak,
                               double minimum);

/// base_rate · images per optimizer step / 256.
double scaled_rate(double base_rate, std::int64_t images_per_step);

}  // namespace dbot::optim
