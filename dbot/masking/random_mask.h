#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace dbot::masking {

/// random: each patch alone; block: rectangles, which hide at most `ratio` of the patches.
enum class MaskKind { random, block };

struct MaskConfig {
  MaskKind kind = MaskKind::random;
  double ratio = 0.75;               // share of patches hidden from the student
  std::int64_t smallest_block = 16;  // patches
  double narrowest_block = 0.3;      // height / width is between this and its inverse
};

struct Mask {
  // Of a random mask alone: blocks hide different numbers of patches.
  at::Tensor ids_keep;     // int64 [batch, kept]: visible patches, in shuffled order
  at::Tensor ids_restore;  // int64 [batch, patches]: position of each patch in the shuffled order
  at::Tensor mask;         // float32 [batch, patches]: 0 visible, 1 masked, in image order
};

/// trunc(patches · (1 − ratio)) in double precision, exactly in this form. docs/methods/mae.md §3.
/// Throws UsageError for a ratio outside 0…1.
std::int64_t kept_patches(std::int64_t patches, double ratio);

/// Uniform noise in [0, 1), float32 [batch, patches]; row i depends on (seed, stage, epoch,
/// sample_ids[i]) alone.
at::Tensor mask_noise(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                      std::span<const std::int64_t> sample_ids, std::int64_t patches);

/// Keeps the patches of least noise; ties break by index. noise: float32 [batch, patches].
Mask random_mask(const at::Tensor& noise, std::int64_t kept);

}  // namespace dbot::masking
