#include <string>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/runtime/cuda.h"

// Operations on a GPU where the CUDA module is absent: tensors that lie on one get here.
namespace dbot::ops {
namespace {

[[noreturn]] void refuse(std::string_view operation) {
  throw Error("[" + std::string(operation) + "] " + runtime::cuda::why_not());
}

}  // namespace

at::Tensor transformer_block_cuda(const at::Tensor&, const TransformerBlockWeights&,
                                  const TransformerBlockOptions&, const BranchScales&,
                                  const at::Tensor&) {
  refuse("transformer block");
}

at::Tensor image_patches_cuda(const Images&, std::int64_t, PatchOrder, const at::Tensor&) {
  refuse("patches");
}

at::Tensor seen_cuda(const Images&) {
  refuse("patches");
}

at::Tensor assemble_tokens_cuda(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                const TokenPlan&) {
  refuse("tokens");
}

at::Tensor mean_token_loss_cuda(const at::Tensor&, const at::Tensor&, const LossConfig&,
                                TargetScale) {
  refuse("loss");
}

double sum_of_squares_cuda(const at::Tensor&) {
  refuse("gradient norm");
}

void adamw_update_cuda(const AdamWTensors&, const AdamWOptions& options) {
  refuse(options.decay_in_gradient ? "Adam" : "AdamW");
}

void sgd_update_cuda(const MomentumTensors&, const SgdOptions&) {
  refuse("SGD");
}

void lars_update_cuda(const MomentumTensors&, std::span<const FlatRange>, const LarsOptions&) {
  refuse("LARS");
}

void move_towards_cuda(const at::Tensor&, const at::Tensor&, double) {
  refuse("moving average");
}

}  // namespace dbot::ops
