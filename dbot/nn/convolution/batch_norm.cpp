#include "dbot/nn/convolution/batch_norm.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <fmt/format.h>

#include <optional>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

constexpr double kAddedToVariance = 1e-5;
constexpr double kMomentum = 0.1;

using Running = std::optional<at::Tensor>;

at::Tensor normalised(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      const Running& mean, const Running& variance, bool training) {
  return at::batch_norm(x, weight, bias, mean, variance, training, kMomentum, kAddedToVariance,
                        /*cudnn_enabled=*/false);
}

/// The samples of a split become channels of their own: [batch / splits, splits · channels, …].
at::Tensor split_norm(const at::Tensor& x, const BatchNormTensors& tensors, bool write,
                      std::int64_t splits) {
  if (x.size(0) % splits != 0) {
    throw UsageError({.operation = "batch norm",
                      .subject = fmt::format("a batch of {}", x.size(0)),
                      .fault = Fault::mismatch,
                      .reason = fmt::format("is not divisible by {} splits", splits)});
  }
  const std::int64_t channels = x.size(1);
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape[0] /= splits;
  shape[1] *= splits;
  Running mean, variance;
  if (write) {
    mean = tensors.running_mean.repeat({splits});
    variance = tensors.running_var.repeat({splits});
  }
  const at::Tensor result =
      normalised(x.contiguous().view(shape), tensors.weight.repeat({splits}),
                 tensors.bias.repeat({splits}), mean, variance, /*training=*/true);
  if (write) {
    const at::NoGradGuard no_graph;
    tensors.running_mean.copy_(mean->view({splits, channels}).mean(0));
    tensors.running_var.copy_(variance->view({splits, channels}).mean(0));
  }
  return result.view(x.sizes());
}

}  // namespace

std::vector<ParameterSpec> batch_norm_parameters(const std::string& name, std::int64_t channels) {
  return {{.name = name + ".weight", .shape = {channels}, .start = starts::Constant{1}},
          {.name = name + ".bias", .shape = {channels}}};
}

std::vector<ParameterSpec> batch_norm_buffers(const std::string& name, std::int64_t channels) {
  return {{.name = name + ".running_mean", .shape = {channels}, .role = Role::buffer},
          {.name = name + ".running_var",
           .shape = {channels},
           .start = starts::Constant{1},
           .role = Role::buffer},
          {.name = name + ".num_batches_tracked", .shape = {1}, .role = Role::buffer}};
}

at::Tensor batch_norm(const at::Tensor& x, const BatchNormTensors& tensors, NormMode mode,
                      std::int64_t splits) {
  if (mode == NormMode::running) {
    return normalised(x, tensors.weight, tensors.bias, tensors.running_mean, tensors.running_var,
                      /*training=*/false);
  }
  const bool write = mode == NormMode::training;
  if (splits > 1) return split_norm(x, tensors, write, splits);
  if (!write) {
    return normalised(x, tensors.weight, tensors.bias, {}, {}, /*training=*/true);
  }
  const at::Tensor result = normalised(x, tensors.weight, tensors.bias, tensors.running_mean,
                                       tensors.running_var, /*training=*/true);
  const at::NoGradGuard no_graph;
  tensors.batches.add_(1);
  return result;
}

}  // namespace dbot::nn
