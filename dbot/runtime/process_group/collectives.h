#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "dbot/runtime/process_group/cuts.h"
#include "dbot/runtime/process_group/links.h"

// What ranks do together beside sums, for any number of them, over sends and receives. Each waits
// `seconds` at most for each message.
namespace dbot::runtime {

/// Each value becomes the least of all ranks. In ⌈log2 ranks⌉ rounds each rank tells one and hears
/// one at distance 1, 2, 4, …: hearing a value twice changes no minimum. No rank returns before all
/// have come, so that this is a barrier too.
void minimum(const Links& links, std::span<std::int64_t> values, double seconds);

/// `flat` of rank `from` to all, in a binomial tree.
void broadcast(const Links& links, const at::Tensor& flat, int from, double seconds);

/// The shard of each rank to all; each hands on to the next what it got, once around.
void ring_gather(const Links& links, const at::Tensor& flat, const Cuts& cuts, double seconds);

/// `part` of rank r to `parts[r]` of rank 0, which alone has them.
void gather(const Links& links, const at::Tensor& part, std::span<const at::Tensor> parts,
            double seconds);

}  // namespace dbot::runtime
