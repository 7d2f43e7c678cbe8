#include "dbot/masking/distinct_numbers.h"

#include <cstddef>
#include <numeric>
#include <utility>

namespace dbot::masking {

std::vector<std::int64_t> distinct_numbers(core::Random& random, std::int64_t count,
                                           std::int64_t of) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(of));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const auto wanted = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < wanted; ++i) {
    std::swap(order[i], order[i + random.below(order.size() - i)]);
  }
  order.resize(wanted);
  return order;
}

}  // namespace dbot::masking
