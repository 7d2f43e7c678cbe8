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

void hide_visible(
    const at::Tensor& mask, std::int64_t count,
    const std::function<std::vector<std::int64_t>(std::int64_t count, std::int64_t of)>& choice) {
  auto* values = mask.mutable_data_ptr<std::uint8_t>();
  std::vector<std::int64_t> visible;
  for (std::int64_t place = 0; place < mask.numel(); ++place) {
    if (values[place] == 0) visible.push_back(place);
  }
  for (const std::int64_t chosen : choice(count, std::ssize(visible))) {
    values[visible.at(static_cast<std::size_t>(chosen))] = 1;
  }
}

}  // namespace dbot::masking
