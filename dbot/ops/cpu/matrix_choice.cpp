#include "dbot/ops/cpu/matrix_choice.h"

#include <ATen/ops/ones.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <vector>

#include "dbot/core/clock.h"
#include "dbot/ops/cpu/kernels/matrix_kernel.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {
namespace {

constexpr int kRounds = 3;
// What another choice must gain.
constexpr double kLeastGain = 1.03;

/// A linear layer forward and backward, of the width of a small network.
double time_products() {
  const at::Tensor x = at::ones({256, 384}), weight = at::ones({768, 384});
  const at::Tensor gradient = at::ones({768, 384});
  const core::Stopwatch clock;
  const at::Tensor y = linear(x, weight, {});
  linear_input_gradient(y, weight);
  add_linear_weight_gradient(gradient, y, x);
  return clock.seconds();
}

/// The index of the fastest, where `use` puts a candidate to use; the first, unless another one is
/// faster by more than noise.
std::size_t fastest(std::size_t candidates, const std::function<void(std::size_t)>& use) {
  std::vector<double> seconds(candidates, std::numeric_limits<double>::infinity());
  for (int round = 0; round <= kRounds; ++round) {
    for (std::size_t i = 0; i < candidates; ++i) {
      use(i);
      const double time = time_products();
      if (round > 0) seconds[i] = std::min(seconds[i], time);  // the first round warms up
    }
  }
  const auto least = std::min_element(seconds.begin(), seconds.end());
  return seconds.front() > kLeastGain * *least ? static_cast<std::size_t>(least - seconds.begin())
                                               : 0;
}

/// The widest first.
std::vector<MatrixKernels> vectors_up_to(simd::KernelLevel highest) {
  std::vector<MatrixKernels> all;
  const auto levels = simd::supported_kernel_levels();
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    if (*level > highest || *level < simd::KernelLevel::avx2) continue;
    if (*level > simd::KernelLevel::avx512) continue;  // float32 is computed as there
    simd::use_kernel_level(*level);
    all.push_back(matrix_kernels());
  }
  simd::use_kernel_level(highest);
  return all;
}

}  // namespace

void choose_matrix_vectors() {
  const std::vector<MatrixKernels> all = vectors_up_to(simd::kernel_level());
  if (all.size() < 2) return;
  const auto use = [&](std::size_t i) { use_matrix_kernels(all[i], simd::kernel_level()); };
  use(fastest(all.size(), use));
}

ProductLibrary measure_product_library() {
  const ProductLibrary before = product_library();
  static constexpr std::array<ProductLibrary, 2> kLibraries{ProductLibrary::own,
                                                            ProductLibrary::libtorch};
  const std::size_t best =
      fastest(kLibraries.size(), [](std::size_t i) { use_product_library(kLibraries.at(i)); });
  use_product_library(before);
  return kLibraries.at(best);
}

}  // namespace dbot::ops
