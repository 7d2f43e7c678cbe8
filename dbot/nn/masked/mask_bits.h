#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

// Masks as they are stored: one bit a weight.
namespace dbot::nn {

/// Bytes of a mask of so many elements.
std::int64_t mask_bytes(std::int64_t elements);

/// A boolean mask of any shape → uint8 [mask_bytes]: element i is bit i mod 8 of byte i / 8, and
/// what is left of the last byte is 0. On the host.
at::Tensor pack_mask(const at::Tensor& mask);

/// The inverse. Throws Error unless `bits` has the bytes of that shape, the rest of the last one 0.
at::Tensor unpack_mask(const at::Tensor& bits, at::IntArrayRef shape);

/// How many elements both masks have, as packed bits of one length.
std::int64_t count_common(const at::Tensor& first, const at::Tensor& second);

}  // namespace dbot::nn
