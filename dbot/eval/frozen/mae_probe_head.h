#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/eval/frozen/softmax_regression.h"
#include "dbot/optim/lars.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::eval {

/// The batch norm before the linear layer: MAE's, or another program's. PyTorch's running variance
/// follows the unbiased variance of the batches, Flax's the biased one (docs/methods/m3ae.md §8).
struct ProbeNorm {
  double eps = 1e-6;
  double momentum = 0.1;  // share of a batch in the running moments
  bool biased_variance = false;
};

/// The head of MAE's linear probe, docs/methods/mae.md §7: batch norm without affine and one linear
/// layer, trained by LARS (You et al., arXiv 1708.03888) without
/// weight decay. Begins with normal weights of deviation 0.01 and zero biases.
class MaeProbeHead {
 public:
  MaeProbeHead(std::int64_t classes, std::int64_t width, std::uint64_t seed,
               const ProbeNorm& norm = {});

  /// One step on a batch: features float32 [batch, width], as many labels. Returns the mean cross
  /// entropy before it. Throws Error for fewer than two rows, which have no variance.
  double step(const at::Tensor& features, const std::int64_t* labels, double rate);
  /// By the batch's own moments, which the running ones follow, [rows, width] → [rows, classes].
  at::Tensor training_logits(const at::Tensor& features);
  /// By the running moments, [rows, width] → [rows, classes].
  at::Tensor logits(const at::Tensor& features) const;

  /// Under the official names behind "head.": "0.running_mean", "0.running_var",
  /// "0.num_batches_tracked", "1.weight" and "1.bias".
  runtime::NamedTensors state() const;
  /// Sets them; LARS begins anew.
  void load_state(const runtime::NamedTensors& state);

 private:
  /// The batch by its own moments, which the running ones follow.
  at::Tensor normalise(const at::Tensor& features);

  ProbeNorm norm_;
  SoftmaxRegression classifier_;
  optim::Lars optimizer_;
  at::Tensor running_mean_, running_variance_;  // [width]
  std::int64_t batches_ = 0;
};

}  // namespace dbot::eval
