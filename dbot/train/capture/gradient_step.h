#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dbot/methods/method.h"
#include "dbot/optim/lane_sum.h"
#include "dbot/train/capture/scalar_sums.h"
#include "dbot/train/step_share.h"

namespace dbot::train {

/// What one micro-batch is computed from, weights and precision aside.
struct MicroBatch {
  data::Batch batch;
  methods::StepDraws draws;
};

/// The micro-batch on a device. Tensors that lie there already are not copied.
MicroBatch move_to(MicroBatch micro, const runtime::Device& device);

/// Loss and gradients of one optimizer step, or of one process' share of it, from as many
/// micro-batches as it accumulates. Training and its replay both come here, so that they are the
/// same arithmetic.
class GradientStep {
 public:
  /// `method` and `lanes`, which adds up the lanes of `share`, must outlive this. The method's
  /// gradients must be zero: new parameters begin so, and the optimizer's step clears them.
  GradientStep(methods::Method& method, const methods::StepContext& context, const StepShare& share,
               optim::LaneSum& lanes);
  ~GradientStep();
  GradientStep(const GradientStep&) = delete;
  GradientStep& operator=(const GradientStep&) = delete;

  /// Adds a micro-batch, from wherever it lies: this is the one place where batches and draws go to
  /// the device of the method's parameters. After a loss that is not finite no more gradients of
  /// its lane are added: the step is lost, and the gradients show where it went wrong.
  void add(MicroBatch micro);

  /// Leaves losses on the device, so that nothing waits for it: call it before the first
  /// micro-batch. All backward passes are made then, and what stands below in the name of losses is
  /// not for use.
  void stay_on_device() { late_ = true; }
  bool stays_on_device() const { return late_; }
  /// The losses so far, float64 without dimension, where they stay on the device.
  const std::vector<at::Tensor>& losses_on_device() const { return late_losses_; }
  /// Micro-batches so far.
  std::int64_t done() const { return done_; }

  /// Told of each loss whose backward pass comes next.
  using BeforeBackward = std::function<void(const at::Tensor& loss)>;
  void before_backward(BeforeBackward tell) { before_backward_ = std::move(tell); }

  /// Mean over the micro-batches so far; not a number where losses stay on the device.
  double mean_loss() const;
  const std::vector<double>& losses() const { return losses_; }
  bool finite() const { return finite_; }
  /// The step counts: what its forward passes wrote into the buffers of the method's parameters
  /// (nn::Role::buffer) stays. Otherwise they are put back when this ends.
  void count() { counts_ = true; }
  /// The same where that is known on the device alone, as 0; 1: it was skipped.
  void count_unless(const at::Tensor& skipped);
  /// Exchanges the buffers for those of before the step, and back when called again.
  void exchange_buffers();
  /// The method's further figures. Waits for the device once.
  std::vector<ScalarSum> scalars() const { return scalars_.read(); }
  const ScalarSums& scalar_sums() const { return scalars_; }

 private:
  /// Whether a backward pass follows.
  bool take_loss(const at::Tensor& loss);

  methods::Method& method_;
  methods::StepContext context_;
  StepShare share_;
  optim::LaneSum& lanes_;
  std::vector<double> losses_;
  ScalarSums scalars_;
  at::Tensor other_buffers_;  // of before the step; of after it while those are exchanged
  bool exchanged_ = false, counts_ = false;
  bool finite_ = true, lane_is_finite_ = true;
  bool late_ = false;
  std::vector<at::Tensor> late_losses_;
  std::int64_t done_ = 0;
  BeforeBackward before_backward_;
};

/// The loss of a step whose micro-batches have these losses.
double mean_of(const std::vector<double>& losses);

}  // namespace dbot::train
