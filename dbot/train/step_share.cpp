#include "dbot/train/step_share.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "dbot/core/error.h"
#include "dbot/runtime/process_group/cuts.h"

namespace dbot::train {
namespace {

/// Numbers up to `most` that divide `whole`, the last ones of many.
std::vector<std::int64_t> divisors(std::int64_t whole, std::int64_t most, bool powers_of_two) {
  constexpr std::size_t kMostShown = 6;
  std::vector<std::int64_t> found;
  for (std::int64_t number = 1; number <= most; ++number) {
    const bool fits = !powers_of_two || (number & (number - 1)) == 0;
    if (fits && whole % number == 0) found.push_back(number);
  }
  if (found.size() > kMostShown) found.erase(found.begin(), found.end() - kMostShown);
  return found;
}

}  // namespace

bool same_bits(std::int64_t lanes, int ranks) {
  return runtime::is_power_of_two(ranks) && lanes % ranks == 0;
}

StepShare whole_step(std::int64_t accumulate, std::int64_t lanes) {
  return {.first = 0, .count = accumulate, .of = accumulate, .lanes = lanes};
}

StepShare share_of_step(std::int64_t accumulate, std::int64_t lanes, int rank, int ranks) {
  if (accumulate % ranks != 0) {
    const std::int64_t more = (accumulate / ranks + 1) * ranks;
    throw UsageError(
        {.operation = "processes",
         .subject = fmt::format("train.accumulate {}", accumulate),
         .fault = Fault::mismatch,
         .reason = fmt::format("is not divided among {} processes", ranks),
         .way_out = fmt::format("train.accumulate={} is, with a train.batch_size that makes as "
                                "many images a step; or start {} processes",
                                more, fmt::join(divisors(accumulate, ranks, false), " or "))});
  }
  const std::int64_t count = accumulate / ranks;
  return {.first = rank * count,
          .count = count,
          .of = accumulate,
          .lanes = same_bits(lanes, ranks) ? lanes / ranks : 1};
}

std::int64_t default_lanes(int ranks) {
  return runtime::is_power_of_two(ranks) ? ranks : 1;
}

void check_lanes(std::int64_t accumulate, std::int64_t lanes) {
  const bool power = (lanes & (lanes - 1)) == 0;  // or 0
  if (lanes == 0 || (power && accumulate % lanes == 0)) return;
  throw UsageError(
      {.operation = "recipe",
       .subject = "train.lanes",
       .fault = Fault::mismatch,
       .reason = fmt::format("is {}, expected a power of two that divides the {} micro-batches of "
                             "a step (train.accumulate)",
                             lanes, accumulate),
       .way_out =
           fmt::format("choose {}", fmt::join(divisors(accumulate, accumulate, true), " or "))});
}

}  // namespace dbot::train
