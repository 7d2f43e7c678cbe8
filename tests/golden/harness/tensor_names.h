#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

// What the harness knows from the names of reference tensors alone.
namespace dbot::golden {

/// Whether a tensor holds what has to come out, so that a case must compare it.
bool is_result(std::string_view name);

/// Whether a tensor is a gradient of a network's parameter, or of its prediction.
bool is_gradient(std::string_view name);

/// Which part of an attention's bias a tensor says of the keys: none, the middle third where
/// queries, keys and values are fused, or all of it.
enum class KeyPart { none, third, whole };
KeyPart key_part(std::string_view name);

/// A bias without its key part: empty if it is nothing else.
at::Tensor without_key(const at::Tensor& bias, KeyPart part);
/// The key part alone: empty if there is none.
at::Tensor key_of(const at::Tensor& bias, KeyPart part);

}  // namespace dbot::golden
