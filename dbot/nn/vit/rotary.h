#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/nn/vit/config.h"

// Positions as rotations of query and key. Sources: RoFormer, arXiv 2104.09864; EVA-02, arXiv
// 2303.11331; DINOv3, arXiv 2508.10104; docs/methods/teachers.md §2.
namespace dbot::nn {

/// Cosine and sine of each patch's angles, float32 [patches, head width], laid out as `pairs` says.
struct RotaryTable {
  at::Tensor cosine, sine;
};

/// periods: [head width / 4]. The first half of a head's angles goes by the row, the second by the
/// column: 2π · coordinate / period.
RotaryTable rotary_table(const Rotary& rotary, const at::Tensor& periods, Size grid);

/// base^(k / count) for k = 0 … count − 1, float32: periods of `centred` coordinates.
at::Tensor centred_periods(std::int64_t head_width, double base);
/// 2π · base^(k / count): periods of `index` coordinates, which turn by base^(−k / count).
at::Tensor index_periods(std::int64_t head_width, double base);

}  // namespace dbot::nn
