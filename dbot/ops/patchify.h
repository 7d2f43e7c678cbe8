#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::ops {

/// images [batch, channels, height, width] → patches [batch, patches, p·p·channels], row-major over
/// the grid, inside a patch (row, column, channel) with the channel fastest. docs/methods/mae.md
/// §4.
at::Tensor patchify(const at::Tensor& images, std::int64_t patch_size);

/// The inverse of `patchify` for a grid of `rows` × `columns`.
at::Tensor unpatchify(const at::Tensor& patches, std::int64_t patch_size, std::int64_t rows,
                      std::int64_t columns, std::int64_t channels);

}  // namespace dbot::ops
