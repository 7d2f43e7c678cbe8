#include "dbot/optim/shards.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dbot/core/error.h"
#include "dbot/ops/cpu/flat_chunks.h"
#include "dbot/ops/lane_fold.h"

namespace dbot::optim {
namespace {

static_assert(runtime::kCutValues == ops::kFlatChunk);

bool lie_behind_each_other(const std::vector<ParameterGroup>& groups) {
  std::int64_t end = 0;
  for (const ParameterGroup& group : groups) {
    if (group.gradients.storage_offset() != end) return false;
    end += group.gradients.numel();
  }
  return true;
}

/// Where partial sums of the norm begin in the flat buffer, in order, and its size.
std::vector<std::int64_t> chunk_begins(const std::vector<ParameterGroup>& groups) {
  if (!lie_behind_each_other(groups)) {
    throw Error({.operation = "optimizer",
                 .subject = "a group",
                 .fault = Fault::unsupported,
                 .reason = "does not lie behind the one before it, expected groups of one flat "
                           "buffer to divide among processes"});
  }
  std::vector<std::int64_t> begins;
  std::int64_t end = 0;
  for (const ParameterGroup& group : groups) {
    const std::int64_t size = group.gradients.numel();
    for (std::int64_t at = 0; at < size; at += runtime::kCutValues) begins.push_back(end + at);
    end += size;
  }
  begins.push_back(end);
  return begins;
}

/// Chunks before a place where the buffer is cut.
std::int64_t chunks_before(const std::vector<std::int64_t>& begins, std::int64_t place) {
  return std::lower_bound(begins.begin(), begins.end() - 1, place) - begins.begin();
}

std::size_t shard_number(int rank, const runtime::Cuts& cuts) {
  return static_cast<std::size_t>(runtime::shard_of(rank, static_cast<int>(cuts.size()) - 1));
}

/// The sums of squares of a shard's chunks, to their places among those of all.
void put_squares(const std::vector<ParameterGroup>& shard, double* to) {
  for (const ParameterGroup& group : shard) {
    const auto squares = ops::squares_of_chunks(group.gradients);
    if (!squares) {
      throw Error({.operation = "optimizer",
                   .subject = "these kernels",
                   .fault = Fault::unsupported,
                   .reason =
                       "add a gradient's norm in one piece, expected train.kernels other than "
                       "reference to divide it among processes"});
    }
    to = std::copy(squares->begin(), squares->end(), to);
  }
}

}  // namespace

bool can_be_divided(const std::vector<ParameterGroup>& groups) {
  return !groups.empty() && lie_behind_each_other(groups) &&
         ops::squares_of_chunks(groups.front().gradients.slice(0, 0, 0)).has_value();
}

bool wants_division(const OptimizerConfig& config, int ranks) {
  if (ranks == 1 || config.shard == OptimizerShard::off) return false;
  return config.shard == OptimizerShard::on ||
         (runtime::is_power_of_two(ranks) && config.kind != OptimizerKind::lars);
}

runtime::Cuts shard_cuts(const std::vector<ParameterGroup>& groups, int ranks) {
  const std::vector<std::int64_t> begins = chunk_begins(groups);
  const auto chunks = static_cast<std::int64_t>(begins.size()) - 1;
  runtime::Cuts cuts;
  cuts.reserve(static_cast<std::size_t>(ranks) + 1);
  for (int shard = 0; shard <= ranks; ++shard) {
    cuts.push_back(begins[static_cast<std::size_t>(chunks * shard / ranks)]);
  }
  return cuts;
}

std::vector<ParameterGroup> groups_of_shard(const std::vector<ParameterGroup>& groups,
                                            const runtime::Cuts& cuts, int rank) {
  const std::size_t number = shard_number(rank, cuts);
  std::vector<ParameterGroup> shard;
  for (const ParameterGroup& group : groups) {
    const std::int64_t offset = group.gradients.storage_offset();
    const std::int64_t begin = std::max<std::int64_t>(cuts.at(number) - offset, 0);
    const std::int64_t end = std::min(cuts.at(number + 1) - offset, group.gradients.numel());
    if (begin >= end) continue;
    shard.push_back({.values = group.values.slice(0, begin, end),
                     .gradients = group.gradients.slice(0, begin, end),
                     .weight_decay = group.weight_decay,
                     .rate_scale = group.rate_scale});
  }
  return shard;
}

double gradient_norm(const std::vector<ParameterGroup>& groups, const runtime::Cuts& cuts,
                     runtime::Group& group) {
  const std::vector<std::int64_t> begins = chunk_begins(groups);
  runtime::Cuts chunk_cuts;
  chunk_cuts.reserve(cuts.size());
  for (const std::int64_t cut : cuts) chunk_cuts.push_back(chunks_before(begins, cut));
  const at::Tensor squares = at::zeros({chunk_cuts.back()}, at::kDouble);
  auto* parts = squares.mutable_data_ptr<double>();
  const std::size_t number = shard_number(group.rank(), cuts);
  put_squares(groups_of_shard(groups, cuts, group.rank()), parts + chunk_cuts.at(number));
  group.all_gather(squares, chunk_cuts);
  double sum = 0;
  for (const ParameterGroup& one : groups) {
    const std::int64_t chunks =
        (one.gradients.numel() + runtime::kCutValues - 1) / runtime::kCutValues;
    sum += std::accumulate(parts, parts + chunks, 0.0);
    parts += chunks;
  }
  return std::sqrt(sum);
}

}  // namespace dbot::optim
