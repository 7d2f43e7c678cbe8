#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/core/settings/settings.h"

// Learned biases of attention's logits by the distance of two patches. Source: BEiT, arXiv
// 2106.08254; docs/methods/dbot.md §8.
namespace dbot::nn {

/// Rows of the table of a grid: (2·rows − 1)(2·columns − 1) distances, then cls→token, token→cls
/// and cls→cls.
std::int64_t relative_position_rows(core::Size grid);

/// The table's row for each pair of query and key, cls first, int64 [1 + patches, 1 + patches].
at::Tensor relative_position_index(core::Size grid);

/// The bias of the logits, float32 [heads, tokens, tokens], from a table [rows, heads] and the
/// index. Differentiable in the table.
at::Tensor relative_position_bias(const at::Tensor& table, const at::Tensor& index);

/// A table [rows, heads] for another grid. Its distances are placed at geometrically growing
/// positions that reach as far as the new grid's, and an interpolating bicubic spline is read at
/// whole numbers; the three rows of the cls token stay. Each axis has its own positions.
at::Tensor resize_relative_positions(const at::Tensor& table, core::Size from, core::Size to);

}  // namespace dbot::nn
