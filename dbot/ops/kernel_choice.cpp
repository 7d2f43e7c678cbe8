#include "dbot/ops/kernel_choice.h"

#include <ATen/ops/ones.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

namespace dbot::ops {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 7;
// A change must be worth it: by less, the first candidate stays.
constexpr double kLeastGain = 1.03;

struct Candidate {
  KernelChoice choice;
  double seconds = std::numeric_limits<double>::infinity();  // of the fastest round
};

/// The widest vectors first.
std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  const auto levels = supported_kernel_levels();
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    if (*level >= KernelLevel::avx2) all.push_back({{*level, ProductLibrary::own}});
  }
  all.push_back({{default_kernel_level(), ProductLibrary::libtorch}});
  return all;
}

/// A linear layer forward and backward, of the width of a small network.
double time_products() {
  const at::Tensor x = at::ones({768, 384}), weight = at::ones({768, 384});
  const at::Tensor gradient = at::ones({768, 384});
  const auto start = Clock::now();
  const at::Tensor y = linear(x, weight, {});
  linear_input_gradient(y, weight);
  add_linear_weight_gradient(gradient, y, x);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void use(const KernelChoice& choice) {
  use_kernel_level(choice.level);
  use_product_library(choice.products);
}

}  // namespace

KernelChoice measure_fastest_kernels() {
  const KernelChoice before{kernel_level(), product_library()};
  std::vector<Candidate> all = candidates();
  for (int round = 0; round <= kRounds; ++round) {
    for (Candidate& candidate : all) {
      use(candidate.choice);
      const double seconds = time_products();
      // The first round warms up.
      if (round > 0) candidate.seconds = std::min(candidate.seconds, seconds);
    }
  }
  use(before);
  const Candidate* best = &all.front();
  for (const Candidate& candidate : all) {
    if (best->seconds > kLeastGain * candidate.seconds) best = &candidate;
  }
  return best->choice;
}

}  // namespace dbot::ops
