#include "dbot/eval/search/nearest_images.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/eval/frozen/samples.h"

namespace dbot::eval {

std::vector<std::vector<Neighbour>> nearest_images(const at::Tensor& queries, const at::Tensor& set,
                                                   std::int64_t most, const core::StopRequest& stop,
                                                   const core::TellProgress& progress,
                                                   std::int64_t block_numbers) {
  const at::Tensor asked = queries.flatten(1), rows = set.flatten(1);
  check_features("search", asked, "query's");
  check_features("search", rows, "set's");
  if (asked.size(1) != rows.size(1) || most < 1) {
    throw Error(
        fmt::format("[search] {} numbers of a query are compared with {} of an image, {} "
                    "neighbours wanted; expected as many numbers, and at least one neighbour",
                    asked.size(1), rows.size(1), most));
  }
  const at::Tensor wanted = normalised_rows(asked);
  const std::int64_t count = asked.size(0), total = rows.size(0);
  std::vector<Nearest> nearest(static_cast<std::size_t>(count), Nearest(most));
  const std::int64_t widest = std::max({std::int64_t{1}, count, rows.size(1)});
  const std::int64_t block = std::max<std::int64_t>(1, block_numbers / widest);
  for (std::int64_t first = 0; first < total; first += block) {
    throw_if_stopped("search", stop);
    const std::int64_t size = std::min(block, total - first);
    const at::Tensor similarity =
        at::mm(wanted, normalised_rows(rows.narrow(0, first, size)).t()).contiguous();
    const auto* values = similarity.const_data_ptr<float>();
    for (std::int64_t query = 0; query < count; ++query) {
      nearest[static_cast<std::size_t>(query)].offer(values + query * size, size, first);
    }
    if (progress) progress({.done = first + size, .total = total, .doing = "search"});
  }
  std::vector<std::vector<Neighbour>> found;
  for (Nearest& one : nearest) found.push_back(one.sorted());
  return found;
}

}  // namespace dbot::eval
