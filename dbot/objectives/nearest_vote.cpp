#include "dbot/objectives/nearest_vote.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "dbot/core/error.h"

namespace dbot::objectives {

at::Tensor nearest_vote(const at::Tensor& reference, const at::Tensor& labels,
                        const at::Tensor& queries, std::int64_t neighbours) {
  const at::NoGradGuard no_graph;
  const std::int64_t counted = std::min(neighbours, reference.size(0));
  if (counted < 1 || labels.size(0) != reference.size(0)) {
    throw Error({.operation = "nearest neighbours",
                 .subject = "the reference",
                 .fault = Fault::mismatch,
                 .reason = "has no rows, or other labels than rows"});
  }
  const at::Tensor distances = at::cdist(queries.to(at::kDouble), reference.to(at::kDouble));
  const at::Tensor nearest = distances.argsort(/*stable=*/true, /*dim=*/1, /*descending=*/false)
                                 .slice(1, 0, counted)
                                 .cpu();
  const at::Tensor voters = labels.cpu().take(nearest).contiguous();
  const at::Tensor result = at::empty({queries.size(0)}, at::kLong);
  const std::int64_t* voter = voters.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < queries.size(0); ++i) {
    std::map<std::int64_t, std::int64_t> votes;
    for (std::int64_t j = 0; j < counted; ++j) ++votes[*voter++];
    // The first of the most frequent ones: labels are in ascending order.
    const auto winner = std::ranges::max_element(
        votes, {}, [](const auto& label_and_votes) { return label_and_votes.second; });
    result.mutable_data_ptr<std::int64_t>()[i] = winner->first;
  }
  return result;
}

}  // namespace dbot::objectives
