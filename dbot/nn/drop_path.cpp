#include "dbot/nn/drop_path.h"

#include <ATen/TensorOperators.h>

namespace dbot::nn {

double drop_path_rate(double maximum, std::int64_t index, std::int64_t depth) {
  return depth > 1 ? maximum * static_cast<double>(index) / static_cast<double>(depth - 1) : 0.0;
}

ops::BranchScales DropPath::scales(std::int64_t block, std::int64_t depth) const {
  const double rate = constant ? maximum : drop_path_rate(maximum, block, depth);
  if (!draws.defined() || rate == 0) return {};
  const double keep = 1.0 - rate;
  const at::Tensor multipliers = (draws.slice(0, 2 * block, 2 * block + 2) + keep).floor() / keep;
  return {multipliers.select(0, 0), multipliers.select(0, 1)};
}

}  // namespace dbot::nn
