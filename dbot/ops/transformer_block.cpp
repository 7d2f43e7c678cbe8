#include "dbot/ops/transformer_block.h"

#include "dbot/ops/kernel_level.h"
#include "dbot/ops/transformer_block_paths.h"

namespace dbot::ops {
namespace {

bool has_kernels(const at::Tensor& x, const TransformerBlockOptions& options) {
  return kernel_level() != KernelLevel::reference && x.is_cpu() && x.scalar_type() == at::kFloat &&
         (options.compute == at::kFloat || options.compute == at::kBFloat16);
}

}  // namespace

TransformerBlockWeights converted(const TransformerBlockWeights& weights, at::ScalarType type) {
  TransformerBlockWeights copies = weights;
  for (at::Tensor* tensor :
       {&copies.qkv_weight, &copies.qkv_bias, &copies.proj_weight, &copies.proj_bias,
        &copies.fc1_weight, &copies.fc1_bias, &copies.fc2_weight, &copies.fc2_bias}) {
    *tensor = tensor->detach().to(type);
  }
  return copies;
}

at::Tensor transformer_block(const at::Tensor& x, const TransformerBlockWeights& weights,
                             const TransformerBlockOptions& options, const BranchScales& scales,
                             const at::Tensor& rows) {
  return has_kernels(x, options) ? transformer_block_cpu(x, weights, options, scales, rows)
                                 : transformer_block_reference(x, weights, options, scales, rows);
}

}  // namespace dbot::ops
