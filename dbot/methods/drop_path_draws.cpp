#include "dbot/methods/drop_path_draws.h"

#include <ATen/ops/empty.h>

#include "dbot/core/random.h"

namespace dbot::methods {

at::Tensor drop_path_draws(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                           std::span<const std::int64_t> sample_ids, std::int64_t branches) {
  const auto batch = static_cast<std::int64_t>(sample_ids.size());
  at::Tensor draws = at::empty({branches, batch}, at::kFloat);
  float* values = draws.mutable_data_ptr<float>();
  for (std::int64_t sample = 0; sample < batch; ++sample) {
    core::Random random({seed, core::Purpose::drop_path, stage, epoch,
                         static_cast<std::uint64_t>(sample_ids[static_cast<std::size_t>(sample)])});
    for (std::int64_t branch = 0; branch < branches; ++branch) {
      values[branch * batch + sample] = random.uniform_float();
    }
  }
  return draws;
}

nn::DropPath drop_path_of(const StepDraws& draws, double maximum) {
  nn::DropPath drop_path{maximum, {}};
  if (const auto found = draws.find("drop_path"); found != draws.end()) {
    drop_path.draws = found->second;
  }
  return drop_path;
}

}  // namespace dbot::methods
