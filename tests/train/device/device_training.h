#pragma once

#include <ATen/TensorOperators.h>
#include <c10/core/Scalar.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dbot/simd/kernel_level.h"
#include "tests/support/fake_device/fake_device.h"
#include "tests/support/fake_device/test_devices.h"
#include "tests/train/small_training.h"

// Training on a device beside training on the host.
namespace dbot::train {

inline methods::MaskedModelingConfig tiny_pixels() {
  methods::MaskedModelingConfig config = tiny_method();
  config.objective = {.target = objectives::TargetKind::pixels,
                      .normalisation = objectives::Normalisation::patch};
  config.loss.kind = objectives::LossKind::mse;
  return config;
}

/// Blocks of any number of patches, positions by their distance, a head of one matrix.
inline methods::MaskedModelingConfig tiny_symmetric() {
  methods::MaskedModelingConfig config = tiny_method();
  config.encoder.patch_size = 2;
  config.encoder.relative_positions = nn::RelativePositions::shared;
  config.student = methods::StudentKind::symmetric;
  config.mask = {.kind = masking::MaskKind::block, .ratio = 0.4, .smallest_block = 2};
  config.objective.normalisation = objectives::Normalisation::none;
  config.loss.kind = objectives::LossKind::cosine;
  return config;
}

/// The teacher follows the student; all that predicts is an average.
inline methods::MaskedModelingConfig tiny_average() {
  methods::MaskedModelingConfig config = tiny_symmetric();
  config.head = methods::HeadKind::decoder;
  config.learned_positions = true;
  config.mask.count = -1;
  config.teacher.update = objectives::TeacherUpdate::step;
  config.teacher.momentum = 0.9;
  return config;
}

/// The host computes by the reference path while it lives, as a device without kernels does.
class ReferenceKernels {
 public:
  ReferenceKernels() { simd::use_kernel_level(simd::KernelLevel::reference); }
  ~ReferenceKernels() { simd::use_kernel_level("auto"); }
  ReferenceKernels(const ReferenceKernels&) = delete;
  ReferenceKernels& operator=(const ReferenceKernels&) = delete;
};

/// Masked modelling on a device, whose loss is infinite in chosen steps.
class MethodOn : public methods::MaskedModeling {
 public:
  MethodOn(methods::MaskedModelingConfig config, const std::string& device,
           std::set<std::int64_t> faults = {})
      : MaskedModeling(placed_on(std::move(config), device)), faults_(std::move(faults)) {}

  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    methods::StepResult result = MaskedModeling::training_step(batch, draws, context);
    if (faults_.contains(context.step)) {
      result.loss = result.loss.mul(std::numeric_limits<double>::infinity());
    }
    return result;
  }

 private:
  static methods::MaskedModelingConfig placed_on(methods::MaskedModelingConfig config,
                                                 const std::string& device) {
    config.device = test::device_named(device);
    return config;
  }

  std::set<std::int64_t> faults_;
};

/// Asks for its loss in every step.
class AsksForItsLoss : public MethodOn {
 public:
  AsksForItsLoss() : MethodOn(tiny_method(), "fake") {}
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    methods::StepResult result = MethodOn::training_step(batch, draws, context);
    last_ = result.loss.item().toDouble();
    return result;
  }

 private:
  double last_ = 0;
};

/// Rates that host and device know alike: powers of two. A device keeps a rate in float32, and the
/// rounding of others shows in norms of networks as small as these.
inline void use_exact_rates(ScheduleConfig& schedule, optim::OptimizerConfig& optimizer,
                            double rate) {
  optimizer.base_lr = rate * 256 / 8;
  schedule.min_lr = rate;
}

/// Relative distance of two tensors, wherever they lie, in double precision.
inline double distance(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor ours = a.detach().cpu().to(at::kDouble),
                   theirs = b.detach().cpu().to(at::kDouble);
  const double size = theirs.norm().item<double>();
  return (ours - theirs).norm().item<double>() / (size > 0 ? size : 1.0);
}

inline double distance(double a, double b) {
  return std::abs(a - b) / std::max(std::abs(b), 1e-30);
}

/// The bits of both are the same.
inline bool same_state(const methods::Method& a, const methods::Method& b) {
  const runtime::NamedTensors one = runtime::on_host(a.state()),
                              other = runtime::on_host(b.state());
  if (one.size() != other.size()) return false;
  for (const auto& [name, value] : one) {
    if (!value.equal(other.at(name))) return false;
  }
  return true;
}

}  // namespace dbot::train
