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

at::Tensor transformer_block(const at::Tensor& x, const TransformerBlockWeights& weights,
                             const TransformerBlockOptions& options, const BranchScales& scales,
                             const at::Tensor& rows) {
  return has_kernels(x, options) ? transformer_block_cpu(x, weights, options, scales, rows)
                                 : transformer_block_reference(x, weights, options, scales, rows);
}

}  // namespace dbot::ops
