#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "dbot/formats/torch/weights_file.h"

namespace dbot::exchange {

at::ScalarType scalar_type(formats::ElementType type);
/// Empty for types that a safetensors file cannot hold.
std::optional<formats::ElementType> element_type(at::ScalarType type);

/// A contiguous copy of a tensor of a file, bit for bit.
at::Tensor copy_of(const formats::StoredTensor& stored);

}  // namespace dbot::exchange
