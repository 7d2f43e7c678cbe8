#include "dbot/ops/cuda/kernel_table.h"

namespace dbot::ops::cuda {
namespace {

constexpr KernelTable kTable{.version = kKernelTableVersion,
                             .patches = dbot_cuda_patches,
                             .tokens = dbot_cuda_tokens,
                             .tokens_backward = dbot_cuda_tokens_backward,
                             .token_loss = dbot_cuda_token_loss,
                             .residual_norm = dbot_cuda_residual_norm,
                             .residual_norm_backward = dbot_cuda_residual_norm_backward,
                             .gelu = dbot_cuda_gelu,
                             .gelu_backward = dbot_cuda_gelu_backward,
                             .column_sums = dbot_cuda_column_sums,
                             .narrowed = dbot_cuda_narrowed,
                             .scaled = dbot_cuda_scaled,
                             .squares = dbot_cuda_squares,
                             .prepare_update = dbot_cuda_prepare_update,
                             .adamw_update = dbot_cuda_adamw_update,
                             .products_open = dbot_cuda_products_open,
                             .products_close = dbot_cuda_products_close,
                             .product = dbot_cuda_product};

}  // namespace
}  // namespace dbot::ops::cuda

extern "C" __attribute__((visibility("default"))) const dbot::ops::cuda::KernelTable*
dbot_kernel_table() {
  return &dbot::ops::cuda::kTable;
}
