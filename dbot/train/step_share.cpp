#include "dbot/train/step_share.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
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

/// The same images a step in a number of micro-batches that so many ranks divide.
std::string numbers_that_divide(std::int64_t images, std::int64_t accumulate, int ranks) {
  for (std::int64_t batches = ranks; batches <= images; batches += ranks) {
    if (images % batches != 0 || batches < accumulate) continue;
    return fmt::format("train.batch_size={} train.accumulate={} makes the same images a step",
                       images / batches, batches);
  }
  return fmt::format("choose a multiple of {} for train.accumulate", ranks);
}

}  // namespace

bool same_bits(std::int64_t lanes, int ranks) {
  return runtime::is_power_of_two(ranks) && lanes % ranks == 0;
}

StepShare whole_step(std::int64_t accumulate, std::int64_t lanes) {
  return {.first = 0, .count = accumulate, .of = accumulate, .lanes = lanes};
}

void check_division(std::int64_t batch_size, std::int64_t accumulate, int ranks) {
  if (accumulate % ranks == 0) return;
  const auto fitting = divisors(accumulate, ranks, false);
  throw UsageError(
      {.operation = "processes",
       .subject = fmt::format("train.accumulate {}", accumulate),
       .fault = Fault::mismatch,
       .reason = fmt::format("micro-batches a step are not divided among {} processes", ranks),
       .way_out = fmt::format(
           "{}, or start {} {}", numbers_that_divide(batch_size * accumulate, accumulate, ranks),
           fmt::join(fitting, " or "), fitting.size() == 1 ? "process" : "processes")});
}

StepShare share_of_step(std::int64_t accumulate, std::int64_t lanes, int rank, int ranks) {
  if (accumulate % ranks != 0) {
    throw Error(
        {.operation = "step",
         .subject = fmt::format("{} micro-batches", accumulate),
         .fault = Fault::mismatch,
         .reason = fmt::format("are not divided among {} processes (check_division)", ranks)});
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
