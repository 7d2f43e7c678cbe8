#include "dbot/eval/ranking.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "dbot/core/error.h"

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

void check_labels(const char* operation, const at::Tensor& features, const at::Tensor& labels,
                  std::int64_t classes, const char* which) {
  if (labels.scalar_type() != at::kLong || labels.dim() != 1 ||
      labels.size(0) != features.size(0)) {
    throw Error(fmt::format("[{}] {} labels are not one whole number for each of {} samples",
                            operation, which, features.size(0)));
  }
  if (labels.numel() == 0 || labels.max().item<std::int64_t>() < 0) {
    throw DataError(fmt::format("[{}] no {} sample has a label; put images into class folders",
                                operation, which));
  }
  if (const auto highest = labels.max().item<std::int64_t>(); highest >= classes) {
    throw Error(fmt::format("[{}] a {} label is {}, expected less than {} classes", operation,
                            which, highest, classes));
  }
}

}  // namespace dbot::eval
