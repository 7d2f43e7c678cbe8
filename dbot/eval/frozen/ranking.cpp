#include "dbot/eval/frozen/ranking.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "dbot/eval/frozen/samples.h"
#include "dbot/objectives/label_rank.h"

namespace dbot::eval {
namespace {

constexpr std::int64_t kTestBlockRows = 4096;

}  // namespace

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

Accuracy accuracy_of(const char* operation,
                     const std::function<at::Tensor(const at::Tensor&)>& logits,
                     const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                     const core::StopRequest& stop) {
  const at::Tensor truth = labels.contiguous();
  const auto* label = truth.const_data_ptr<std::int64_t>();
  const std::int64_t count = features.size(0);
  std::vector<std::int64_t> ranks(static_cast<std::size_t>(count), kUnranked);
  for (std::int64_t first = 0; first < count; first += kTestBlockRows) {
    throw_if_stopped(operation, stop);
    const std::int64_t rows = std::min(kTestBlockRows, count - first);
    const at::Tensor block = logits(features.narrow(0, first, rows).to(at::kFloat)).contiguous();
    const auto* scores = block.const_data_ptr<float>();
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto row = static_cast<std::size_t>(first + i);
      if (label[row] >= 0)
        ranks[row] = objectives::rank_of(scores + i * classes, classes, label[row]);
    }
  }
  return accuracy_of_ranks(ranks, truth);
}

}  // namespace dbot::eval
