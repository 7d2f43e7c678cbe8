#include "dbot/eval/frozen/ranking.h"

#include <ATen/core/Tensor.h>
namespace dbot::eval {

Accuracy accuracy_of_ranks(const std::vector<std::int64_t>& ranks, const at::Tensor& labels) {
  const at::Tensor truth = labels.contiguous();
  const auto* label = truth.const_data_ptr<std::int64_t>();
  std::int64_t counted = 0, first = 0, among_five = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (label[i] < 0) continue;
    ++counted;
    first += ranks[i] == 0 ? 1 : 0;
    among_five += ranks[i] < 5 ? 1 : 0;
  }
  if (counted == 0) return {};
  const double percent = 100.0 / static_cast<double>(counted);
  return {percent * static_cast<double>(first), percent * static_cast<double>(among_five)};
}

}  // namespace dbot::eval
