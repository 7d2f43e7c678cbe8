#include "dbot/tools/bench/limits_bench.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "dbot/core/clock.h"
#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::tools {
namespace {

constexpr std::int64_t kRows = 2048, kInputs = 1024, kOutputs = 1024;
constexpr std::int64_t kArrayFloats = std::int64_t{32} << 20;  // 128 MiB
constexpr int kLeastRounds = 3;
constexpr double kLeastSeconds = 0.3;  // for all of a kind together

/// Puts threads and kernels back.
class ComputeState {
 public:
  ComputeState() = default;
  ~ComputeState() {
    at::set_num_threads(threads_);
    simd::use_kernel_level(level_);
  }
  ComputeState(const ComputeState&) = delete;
  ComputeState& operator=(const ComputeState&) = delete;

 private:
  int threads_ = at::get_num_threads();
  simd::KernelLevel level_ = simd::kernel_level();
};

/// The shortest time of each of `count` things: run(i) is called for all of them, round after
/// round.
template <typename Run>
std::vector<double> best_seconds(std::size_t count, const Run& run) {
  std::vector<double> best(count, std::numeric_limits<double>::max());
  for (std::size_t i = 0; i < count; ++i) run(i);  // memory is touched in the first round
  const core::Stopwatch all;
  for (int round = 0; round < kLeastRounds || all.seconds() < kLeastSeconds; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      const core::Stopwatch clock;
      run(i);
      best[i] = std::min(best[i], clock.seconds());
    }
  }
  return best;
}

/// LibTorch, and each level that has a matrix product of its own.
std::vector<simd::KernelLevel> product_levels(runtime::Precision precision) {
  std::vector<simd::KernelLevel> levels = simd::supported_kernel_levels();
  std::erase_if(levels, [precision](simd::KernelLevel level) {
    if (level == simd::KernelLevel::reference) return false;
    const bool of_bf16 = level > simd::KernelLevel::avx512;
    return level == simd::KernelLevel::portable ||
           of_bf16 != (precision == runtime::Precision::bf16);
  });
  return levels;
}

std::vector<ProductLimit> product_limits(runtime::Precision precision, int threads) {
  const at::ScalarType type = runtime::compute_type(precision);
  const at::Tensor x = at::randn({kRows, kInputs}).to(type);
  const at::Tensor weight = at::randn({kOutputs, kInputs}).to(type);
  const at::Tensor bias = at::randn({kOutputs}).to(type);
  const std::vector<simd::KernelLevel> levels = product_levels(precision);
  const std::vector<double> seconds = best_seconds(levels.size(), [&](std::size_t i) {
    simd::use_kernel_level(levels[i]);
    ops::linear(x, weight, bias);
  });
  std::vector<ProductLimit> limits;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    limits.push_back({precision, std::string(simd::name(levels[i])), threads,
                      2.0 * kRows * kInputs * kOutputs / seconds[i]});
  }
  return limits;
}

void copy_floats(const at::Tensor& to, const at::Tensor& from) {
  auto* target = to.mutable_data_ptr<float>();
  const auto* source = from.const_data_ptr<float>();
  const std::int64_t part = (to.numel() + at::get_num_threads() - 1) / at::get_num_threads();
  at::parallel_for(0, to.numel(), part, [&](std::int64_t begin, std::int64_t end) {
    std::memcpy(target + begin, source + begin,
                static_cast<std::size_t>(end - begin) * sizeof(float));
  });
}

/// As STREAM counts: what the program names, not what the processor reads before it writes.
std::vector<MemoryLimit> memory_limits(int threads) {
  at::Tensor a = at::empty({kArrayFloats});
  const at::Tensor b = at::ones({kArrayFloats}), c = at::ones({kArrayFloats});
  const std::vector<double> seconds = best_seconds(2, [&](std::size_t i) {
    if (i == 0) return copy_floats(a, b);
    at::add_out(a, b, c, 3.0);
  });
  const double array_bytes = 4.0 * kArrayFloats;
  return {{"copy", threads, 2 * array_bytes / seconds[0]},
          {"triad", threads, 3 * array_bytes / seconds[1]}};
}

}  // namespace

MachineLimits measure_limits(int threads) {
  const ComputeState restored_at_the_end;
  std::vector<int> counts{1};
  if (threads > 1) counts.push_back(threads);
  MachineLimits limits{kRows, kInputs, kOutputs, {}, {}};
  const auto add = [](auto& list, const auto& more) {
    list.insert(list.end(), more.begin(), more.end());
  };
  for (const int count : counts) {
    at::set_num_threads(count);
    add(limits.products, product_limits(runtime::Precision::fp32, count));
    if (runtime::cpu_has_fast_bf16()) {
      add(limits.products, product_limits(runtime::Precision::bf16, count));
    }
    add(limits.memory, memory_limits(count));
  }
  return limits;
}

}  // namespace dbot::tools
