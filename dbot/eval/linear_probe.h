#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/core/stop.h"

namespace dbot::eval {

struct LinearProbeConfig {
  std::int64_t epochs = 50;
  std::int64_t batch_size = 1024;
  double base_lr = 0;  // 0: the protocol's own
  std::uint64_t seed = 0;
};

struct ProbeResult {
  double top1 = 0, top5 = 0;  // percent
  double train_loss = 0;
};

/// A linear classifier on frozen, cached features, standardised with the training set's moments
/// (the batch norm without affine of MAE's probe). Deterministic in (features, config).
ProbeResult linear_probe(const at::Tensor& train_features, const at::Tensor& train_labels,
                         const at::Tensor& test_features, const at::Tensor& test_labels,
                         std::int64_t classes, const LinearProbeConfig& config,
                         const core::StopRequest& stop);

}  // namespace dbot::eval
