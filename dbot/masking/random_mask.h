#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace dbot::masking {

/// random: each patch alone; block: rectangles, which hide at most `ratio` of the patches, or
/// exactly so many where `count` is not 0.
enum class MaskKind { random, block };

struct MaskConfig {
  MaskKind kind = MaskKind::random;
  double ratio = 0.75;               // share of patches hidden from the student
  std::int64_t smallest_block = 16;  // patches
  double narrowest_block = 0.3;      // height / width is between this and its inverse
  std::int64_t largest_block = 0;    // patches; 0: as many as are left to hide
  /// Patches hidden in every image. 0: by `ratio`, of blocks at most so many; −1: by `ratio`, of
  /// blocks exactly so many. docs/methods/maskdistill.md §4.
  std::int64_t count = 0;

  bool exact() const { return kind == MaskKind::random || count != 0; }
};

struct Mask {
  // Not of blocks that hide different numbers of patches.
  at::Tensor ids_keep;     // int64 [batch, kept]: visible patches, in shuffled order
  at::Tensor ids_restore;  // int64 [batch, patches]: position of each patch in the shuffled order
  at::Tensor mask;         // float32 [batch, patches]: 0 visible, 1 masked, in image order
};

/// trunc(patches · (1 − ratio)) in double precision, exactly in this form. docs/methods/mae.md §3.
/// Throws UsageError for a ratio outside 0…1.
std::int64_t kept_patches(std::int64_t patches, double ratio);

/// Patches that a mask leaves visible, of blocks that are not exact the least.
std::int64_t visible_patches(const MaskConfig& config, std::int64_t patches);
/// Patches that blocks are to hide: `count`, or trunc(patches · ratio).
std::int64_t patches_of_blocks(const MaskConfig& config, std::int64_t patches);

/// Uniform noise in [0, 1), float32 [batch, patches]; row i depends on (seed, stage, epoch,
/// sample_ids[i]) alone.
at::Tensor mask_noise(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                      std::span<const std::int64_t> sample_ids, std::int64_t patches);

/// Keeps the patches of least noise; ties break by index. noise: float32 [batch, patches].
Mask random_mask(const at::Tensor& noise, std::int64_t kept);

/// A mask as it is given, float32 [batch, patches], in whose rows equally many patches are visible:
/// these come first, in image order. Throws Error for rows that differ.
Mask mask_as_given(const at::Tensor& mask);
/// The same where it is known how many are visible: nobody looks.
Mask mask_as_given(const at::Tensor& mask, std::int64_t visible);

}  // namespace dbot::masking
