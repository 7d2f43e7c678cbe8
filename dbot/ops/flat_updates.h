#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "dbot/ops/step_numbers.h"

// Updates of flat float32 buffers beside AdamW's (ops/adamw_update.h): each reads and writes them
// once; LARS reads its layers once before, for their norms.
namespace dbot::ops {

/// What an update with momentum changes: flat float32 tensors of one length.
struct MomentumTensors {
  const at::Tensor& values;
  const at::Tensor& gradients;
  const at::Tensor& momentum;  // undefined: none is kept
};

struct SgdOptions {
  double learning_rate = 0;
  double momentum = 0.9;  // of no meaning without a buffer for it
  bool nesterov = false;
  double weight_decay = 0;
  double gradient_scale = 1;  // of clipping
};

/// One step of stochastic gradient descent as PyTorch defines it, without dampening: d = gradient +
/// decay · value; momentum ← μ · momentum + d; value ← value − rate · (momentum, or d + μ ·
/// momentum by Nesterov's rule). A momentum that is zero before the first step becomes its
/// gradient. Clears the gradients in the same pass. Source: Sutskever et al., ICML 2013, in the
/// form of torch.optim.SGD.
void sgd_update(const MomentumTensors& tensors, const SgdOptions& options);

/// Elements of a flat buffer, `end` not among them.
struct FlatRange {
  std::int64_t begin = 0, end = 0;
  bool operator==(const FlatRange&) const = default;
};

struct LarsOptions {
  double learning_rate = 0;
  double momentum = 0.9;
  double weight_decay = 0;
  double trust_coefficient = 0.001;
  double gradient_scale = 1;  // of clipping
};

/// One step of LARS (You et al., arXiv 1708.03888) as MAE's linear probe has it: d = gradient +
/// decay · value; in each of `layers`, d is multiplied by trust · ‖value‖/‖d‖, or by 1 where one of
/// the norms is 0; momentum ← μ · momentum + d; value ← value − rate · momentum. Clears the
/// gradients. `layers` are in ascending order and do not overlap; Error otherwise.
/// docs/methods/mae.md §7.
void lars_update(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                 const LarsOptions& options);

/// The same with numbers on the device of the tensors, which stand for the options' rate and
/// gradient scale. What a skipped step leaves is bit for bit what it was.
void sgd_update(const MomentumTensors& tensors, const SgdOptions& options,
                const StepNumbers& numbers);
void lars_update(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                 const LarsOptions& options, const StepNumbers& numbers);

/// values ← values + share · (towards − values): a moving average. Flat float32 tensors of one
/// length; their bits do not depend on the number of threads. skipped: a number on their device, 1
/// where they are to stay as they are (StepNumbers); undefined: they move.
void move_towards(const at::Tensor& values, const at::Tensor& towards, double share,
                  const at::Tensor& skipped = {});

}  // namespace dbot::ops
