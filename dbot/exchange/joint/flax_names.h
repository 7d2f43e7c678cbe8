#pragma once

#include <string>

#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// Whether tensors have the names of M3AE's published program, a Flax tree joined by dots or
/// slashes ("encoder.Block_0.LayerNorm_0.scale"), perhaps below "params". docs/methods/m3ae.md §9.
bool has_flax_names(const runtime::NamedTensors& tensors);

/// The same network by our names (nn/joint/joint_parameters.h): matrices are transposed, that of
/// the patch embedding becomes a kernel [width, channels, p, p]. Tables of positions are no
/// parameters there and stay out. `source` names the file in messages. Throws DataError naming a
/// tensor whose name or shape belongs to no M3AE.
runtime::NamedTensors joint_from_flax(const runtime::NamedTensors& tensors,
                                      const std::string& source);

/// The inverse, with dots.
runtime::NamedTensors joint_to_flax(const runtime::NamedTensors& tensors);

}  // namespace dbot::exchange
