#include "dbot/runtime/device_figures.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"
#include "dbot/runtime/machine.h"

namespace dbot::runtime {
namespace {

constexpr int kLeastForBf16 = 80;  // compute capability of Ampere

bool is_gpu(const Device& device) {
  return device.kind == Device::Kind::cuda;
}

}  // namespace

bool has_fast_bf16(const Device& device) {
  if (!is_gpu(device)) return cpu_has_fast_bf16();
  const auto& gpus = cuda::found().gpus;
  const auto index = static_cast<std::size_t>(device.index);
  return index < gpus.size() && gpus[index].capability >= kLeastForBf16;
}

Precision precision_on(PrecisionRequest request, const Device& device, const core::Log& log) {
  if (!is_gpu(device)) return resolve_precision(request, log);
  if (request == PrecisionRequest::fp32) return Precision::fp32;
  if (has_fast_bf16(device)) return Precision::bf16;
  if (request == PrecisionRequest::automatic) return Precision::fp32;
  throw UsageError({.operation = "precision",
                    .subject = "bf16",
                    .fault = Fault::unsupported,
                    .reason = "is not multiplied by " + to_string(device) +
                              ", expected a GPU of compute capability " +
                              cuda::capability_text(kLeastForBf16) + " or more",
                    .way_out = "set train.precision = \"fp32\""});
}

double measure_matmul_flops_on(bool bf16, const Device& device) {
  if (!is_gpu(device)) return measure_matmul_flops(bf16);
  constexpr std::int64_t kSide = 8192, kTimes = 8;
  constexpr double kLength = kSide;
  const c10::NoGradGuard no_graph;
  const at::Tensor matrix = at::zeros(
      {kSide, kSide},
      at::TensorOptions().dtype(bf16 ? at::kBFloat16 : at::kFloat).device(at::Device(device)));
  double best = 1e9;
  for (std::int64_t i = 0; i < kTimes; ++i) {
    const core::Stopwatch clock;
    at::mm(matrix, matrix);
    finish(device);
    best = std::min(best, clock.seconds());  // the first one chooses its kernel
  }
  return 2.0 * kLength * kLength * kLength / best;
}

void finish(const Device& device) {
  if (is_gpu(device)) cuda::synchronise(device.index);
}

std::int64_t free_device_bytes(const Device& device) {
  return is_gpu(device) ? cuda::memory(device.index).free : 0;
}

std::int64_t peak_device_bytes(const Device& device) {
  return is_gpu(device) ? cuda::memory(device.index).peak_reserved : 0;
}

}  // namespace dbot::runtime
