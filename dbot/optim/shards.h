#pragma once

#include <vector>

#include "dbot/optim/optimizer_config.h"
#include "dbot/optim/parameter_group.h"
#include "dbot/runtime/process_group/group.h"

// A flat gradient buffer in shards, one for each rank (runtime/process_group/cuts.h).
namespace dbot::optim {

/// Where the buffer of the groups' gradients is cut for so many ranks: only where a partial sum of
/// the gradient norm begins, so that every rank has whole ones. The groups lie behind one another
/// in one buffer, the first at its beginning; Error otherwise.
runtime::Cuts shard_cuts(const std::vector<ParameterGroup>& groups, int ranks);

/// Whether an optimizer's moments and update are to be divided among so many ranks, as far as its
/// configuration says: not by `auto` where the sum of their gradients has no halves to update
/// between (ranks that are no power of two), or where the rule of an update needs layers whole.
bool wants_division(const OptimizerConfig& config, int ranks);

/// Whether `shard_cuts` and `gradient_norm` work for these groups, with the kernels of now.
bool can_be_divided(const std::vector<ParameterGroup>& groups);

/// What of the groups is in a rank's shard, as groups of their own with the same settings. Layers
/// are left out: LARS needs each whole.
std::vector<ParameterGroup> groups_of_shard(const std::vector<ParameterGroup>& groups,
                                            const runtime::Cuts& cuts, int rank);

/// `gradient_norm` where each rank has the sum of its own shard alone: the same bits. Rank after
/// rank makes the partial sums of its shard; they are gathered and added in the order of one
/// process. All ranks call it. Throws Error for kernels that add in another way (`reference`).
double gradient_norm(const std::vector<ParameterGroup>& groups, const runtime::Cuts& cuts,
                     runtime::Group& group);

}  // namespace dbot::optim
