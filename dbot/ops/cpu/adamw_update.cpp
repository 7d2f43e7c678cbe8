#include <cmath>
#include <numeric>
#include <vector>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/flat_chunks.h"
#include "dbot/ops/cpu/kernels/adamw_kernel.h"

namespace dbot::ops {
namespace {

AdamWFactors factors_of(const AdamWOptions& options) {
  const auto steps = static_cast<double>(options.step);
  const double correction1 = 1 - std::pow(options.beta1, steps);
  const double correction2 = 1 - std::pow(options.beta2, steps);
  const bool decoupled = !options.decay_in_gradient;
  return {.gradient_scale = static_cast<float>(options.gradient_scale),
          .kept = static_cast<float>(decoupled ? 1 - options.learning_rate * options.weight_decay
                                               : 1.0),
          .decay = static_cast<float>(decoupled ? 0.0 : options.weight_decay),
          .share1 = static_cast<float>(1 - options.beta1),
          .beta2 = static_cast<float>(options.beta2),
          .share2 = static_cast<float>(1 - options.beta2),
          .root_scale = static_cast<float>(1 / std::sqrt(correction2)),
          .eps = static_cast<float>(options.eps),
          .rate = static_cast<float>(options.learning_rate / correction1)};
}

}  // namespace

std::vector<double> squares_of_chunks_cpu(const at::Tensor& values) {
  const AdamWKernels kernels = adamw_kernels();
  const float* from = values.const_data_ptr<float>();
  std::vector<double> sums(static_cast<std::size_t>(flat_chunks(values.numel())));
  for_chunks(values.numel(), [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
    sums[static_cast<std::size_t>(chunk)] = kernels.sum_of_squares(from + begin, end - begin);
  });
  return sums;
}

double sum_of_squares_cpu(const at::Tensor& values) {
  const std::vector<double> sums = squares_of_chunks_cpu(values);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void adamw_update_cpu(const AdamWTensors& tensors, const AdamWOptions& options) {
  const AdamWKernels kernels = adamw_kernels();
  const AdamWFactors factors = factors_of(options);
  float* values = tensors.values.mutable_data_ptr<float>();
  float* gradients = tensors.gradients.mutable_data_ptr<float>();
  float* exp_avg = tensors.exp_avg.mutable_data_ptr<float>();
  float* exp_avg_sq = tensors.exp_avg_sq.mutable_data_ptr<float>();
  const auto update = options.decay_in_gradient ? kernels.adam : kernels.adamw;
  for_chunks(tensors.values.numel(), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    update(factors,
           {values + begin, gradients + begin, exp_avg + begin, exp_avg_sq + begin, end - begin});
  });
}

}  // namespace dbot::ops
