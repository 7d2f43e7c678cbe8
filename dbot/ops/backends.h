#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "dbot/ops/adamw_update.h"
#include "dbot/ops/assemble_tokens.h"
#include "dbot/ops/clip_patches.h"
#include "dbot/ops/flat_updates.h"
#include "dbot/ops/image_patches.h"
#include "dbot/ops/token_loss.h"
#include "dbot/ops/top_fraction_mask.h"
#include "dbot/ops/transformer_block.h"

// The ways to compute each operation that has more than one. An operation's own file checks its
// arguments, asks `backend_of`, and calls the way with that ending. All ways of an operation take
// and give the same, up to rounding:
//   …_reference  plain ATen calls, differentiated by autograd; on any device, for any type
//   …_cpu        the project's kernels on the host
//   …_cuda       the project's kernels on a GPU; without the CUDA module they throw
namespace dbot::ops {

enum class Backend { reference, cpu, cuda };

/// The fastest backend for operations on these tensors: that of the device on which they lie, or
/// `reference` where there is none for it, or where kernel_level() asks for `reference`. Undefined
/// tensors do not count. Throws Error if they lie on several devices.
Backend backend_of(std::initializer_list<std::reference_wrapper<const at::Tensor>> tensors);
/// Whether there are kernels for a device that is not the host (gpu/kernels.h): for a GPU where the
/// CUDA module is loaded.
bool has_gpu_kernels(const at::Device& device);

// ---- Transformer block. Kernels: x float32, products in float32 or bfloat16. A GPU's leave widths
// above 4,096 to the reference. ----
at::Tensor transformer_block_reference(const at::Tensor& x, const TransformerBlockWeights& weights,
                                       const TransformerBlockOptions& options,
                                       const BranchScales& scales, const at::Tensor& rows = {});
at::Tensor transformer_block_cpu(const at::Tensor& x, const TransformerBlockWeights& weights,
                                 const TransformerBlockOptions& options, const BranchScales& scales,
                                 const at::Tensor& rows = {});
at::Tensor transformer_block_cuda(const at::Tensor& x, const TransformerBlockWeights& weights,
                                  const TransformerBlockOptions& options,
                                  const BranchScales& scales, const at::Tensor& rows = {});
/// Null where the host's products of bfloat16 are not in use.
std::shared_ptr<const PackedBlock> packed_block_cpu(const TransformerBlockWeights& weights);
/// The logit of a key that is padded: far below all others, and finite. docs/methods/m3ae.md §2.
inline constexpr float kPaddedLogit = -1e7F;
/// The block of frozen networks of other kinds: gates, norms of heads and branches, rotations.
at::Tensor foreign_block_reference(const at::Tensor& x, const TransformerBlockWeights& weights,
                                   const TransformerBlockOptions& options,
                                   const BranchScales& scales, const at::Tensor& rows = {});

// ---- Trained blocks that keep nothing but their input for the backward pass, which computes each
// once more, by whichever of those ways. ----
/// For this process (train.recompute). The bits are the same; memory for activations falls to that
/// of one block and its input times their number, and a step makes a third more work. Chen et al.,
/// arXiv 1604.06174, §3. Call while no operation runs.
void recompute_blocks(bool recompute);
bool recomputes_blocks();

using BlockWay = at::Tensor (*)(const at::Tensor& x, const TransformerBlockWeights& weights,
                                const TransformerBlockOptions& options, const BranchScales& scales,
                                const at::Tensor& rows);
/// A trained block that is computed that way, twice.
at::Tensor recomputed_block(BlockWay way, const at::Tensor& x,
                            const TransformerBlockWeights& weights,
                            const TransformerBlockOptions& options, const BranchScales& scales,
                            const at::Tensor& rows);

// ---- Patches. Kernels make one pass over the wanted patches; no gradient goes to the pixels.
// Whole images have no kernel on a GPU. ----
/// The backend for pixels, uint8 or float32; where they want a gradient, the reference.
Backend backend_of_pixels(const at::Tensor& pixels);
/// Throws Error unless uint8 pixels have a scale a channel, and others none.
void check_scales(const at::Tensor& pixels, const at::Tensor& scale);

at::Tensor image_patches_reference(const Images& images, std::int64_t patch_size, PatchOrder order,
                                   const at::Tensor& rows);
at::Tensor image_patches_cpu(const Images& images, std::int64_t patch_size, PatchOrder order,
                             const at::Tensor& rows);
at::Tensor image_patches_cuda(const Images& images, std::int64_t patch_size, PatchOrder order,
                              const at::Tensor& rows);

at::Tensor clip_patches_reference(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                                  const at::Tensor& rows);
at::Tensor clip_patches_cpu(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                            const at::Tensor& rows);
at::Tensor clip_patches_cuda(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                             const at::Tensor& rows);

/// uint8 images as they are seen.
at::Tensor seen_reference(const Images& images);
at::Tensor seen_cpu(const Images& images);

// ---- Tokens. Plans are checked, contiguous, and have a row for each sample. Kernels make one pass
// forward and one backward. ----
at::Tensor assemble_tokens_reference(const at::Tensor& own, const at::Tensor& shared,
                                     const at::Tensor& table, const TokenPlan& plan);
at::Tensor assemble_tokens_cpu(const at::Tensor& own, const at::Tensor& shared,
                               const at::Tensor& table, const TokenPlan& plan);
at::Tensor assemble_tokens_cuda(const at::Tensor& own, const at::Tensor& shared,
                                const at::Tensor& table, const TokenPlan& plan);

// ---- Loss. Kernels: target, loss and the prediction's gradient in one pass over float32. A GPU's
// leave rows of more than 4,096 values to the reference. ----
at::Tensor mean_token_loss_reference(const at::Tensor& prediction, const at::Tensor& target,
                                     const LossConfig& config, TargetScale scale);
at::Tensor mean_token_loss_cpu(const at::Tensor& prediction, const at::Tensor& target,
                               const LossConfig& config, TargetScale scale);
at::Tensor mean_token_loss_cuda(const at::Tensor& prediction, const at::Tensor& target,
                                const LossConfig& config, TargetScale scale);

// ---- Supermasks. Kernels: selection by counting, weights and gradients in one pass each. GPUs
// take the reference. ----
at::Tensor top_mask_reference(const at::Tensor& scores, std::int64_t left_out);
at::Tensor top_mask_cpu(const at::Tensor& scores, std::int64_t left_out);
at::Tensor supermasked_reference(const at::Tensor& weight, const at::Tensor& scores,
                                 const at::Tensor& mask);
at::Tensor supermasked_cpu(const at::Tensor& weight, const at::Tensor& scores,
                           const at::Tensor& mask);

// ---- Optimizers. AdamW's and Adam's reference is LibTorch's fused kernel and a pass that clears
// gradients. On a GPU the others take the reference. ----
double sum_of_squares_reference(const at::Tensor& values);
double sum_of_squares_cpu(const at::Tensor& values);
at::Tensor sum_of_squares_on_device_reference(const at::Tensor& values);
at::Tensor sum_of_squares_on_device_cuda(const at::Tensor& values);

/// The parts that `sum_of_squares_cpu` adds.
std::vector<double> squares_of_chunks_cpu(const at::Tensor& values);

/// The same bits both ways; tensors of a GPU take the plain one.
void fold_lane_reference(const at::Tensor& lane, std::span<const at::Tensor> partials,
                         const at::Tensor& target);
void fold_lane_cpu(const at::Tensor& lane, std::span<const at::Tensor> partials,
                   const at::Tensor& target);

void adamw_update_reference(const AdamWTensors& tensors, const AdamWOptions& options);
void adamw_update_reference(const AdamWTensors& tensors, const AdamWOptions& options,
                            const StepNumbers& numbers);
void adamw_update_cpu(const AdamWTensors& tensors, const AdamWOptions& options);
void adamw_update_cuda(const AdamWTensors& tensors, const AdamWOptions& options);
void adamw_update_cuda(const AdamWTensors& tensors, const AdamWOptions& options,
                       const StepNumbers& numbers);

void sgd_update_reference(const MomentumTensors& tensors, const SgdOptions& options);
void sgd_update_reference(const MomentumTensors& tensors, const SgdOptions& options,
                          const StepNumbers& numbers);
void sgd_update_cpu(const MomentumTensors& tensors, const SgdOptions& options);

void lars_update_reference(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                           const LarsOptions& options);
void lars_update_reference(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                           const LarsOptions& options, const StepNumbers& numbers);
void lars_update_cpu(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                     const LarsOptions& options);

void move_towards_reference(const at::Tensor& values, const at::Tensor& towards, double share);
void move_unless_skipped_reference(const at::Tensor& values, const at::Tensor& towards,
                                   double share, const at::Tensor& skipped);
void move_towards_cpu(const at::Tensor& values, const at::Tensor& towards, double share);

}  // namespace dbot::ops
