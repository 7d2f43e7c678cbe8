#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dbot/data/loader/loader_config.h"

namespace dbot::data {

/// The samples of an epoch of `size`, in the order they are shown; a function of the arguments
/// alone, so that a run goes on anywhere.
///
/// Without sources: each of 0…size−1 once. With sources, which are `size` together: the shares of
/// the weights, rounded so that they sum to `size`. A source gives its samples in passes, each over
/// all of it in an order of its own; where an epoch ends within a pass, the next epoch goes on
/// there. A sample of a second pass within an epoch is numbered `size` higher, of a third 2 `size`.
std::vector<std::int64_t> epoch_order(std::int64_t size, std::span<const SourceShare> sources,
                                      std::uint64_t seed, std::int64_t epoch);

/// How many samples of an epoch each source gives: the largest remainders are rounded up.
std::vector<std::int64_t> source_quotas(std::int64_t size, std::span<const SourceShare> sources);

}  // namespace dbot::data
