#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/core/progress.h"
#include "dbot/core/stop.h"

namespace dbot::eval {

struct LinearProbeConfig {
  std::int64_t epochs = 50;        // more for small sets: at least 1000 steps are taken
  std::int64_t batch_size = 1024;  // samples; fewer for small sets: at least 16 batches an epoch
  double base_lr = 0;              // highest rate of AdamW; 0: 3e-3
  std::uint64_t seed = 0;
};

struct ProbeResult {
  double top1 = 0, top5 = 0;  // percent
  double train_loss = 0;
};

/// A linear classifier on frozen, cached features, standardised with the training set's moments
/// (the batch norm without affine of MAE's probe, docs/methods/mae.md §7). Trained from zero by
/// AdamW without weight decay on half a cosine instead of LARS, whose published rates are made for
/// batches of 16384. Deterministic in (features, config). Samples with label −1 are left out. Holds
/// one more copy of the training features. Throws DataError for fewer than two classes, Error for
/// features that are not finite, Stopped when asked to stop. `progress` is told of the steps; may
/// be empty.
ProbeResult linear_probe(const at::Tensor& train_features, const at::Tensor& train_labels,
                         const at::Tensor& test_features, const at::Tensor& test_labels,
                         std::int64_t classes, const LinearProbeConfig& config,
                         const core::StopRequest& stop, const core::TellProgress& progress = {});

}  // namespace dbot::eval
