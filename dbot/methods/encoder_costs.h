#pragma once

#include <vector>

#include "dbot/nn/parameters.h"
#include "dbot/nn/vit/config.h"

// What a vision transformer costs, from sizes alone: arithmetic and memory.
namespace dbot::methods {

/// Multiply-adds of a stack of blocks, and of an encoder's patch embedding, for one image.
double block_multiply_adds(double tokens, double width, double depth, double mlp_ratio);
double embedding_multiply_adds(const nn::EncoderConfig& encoder, double patches);
/// Of a decoder that is given so many tokens of an encoder, cls included, and predicts values for
/// all of an image's.
double decoder_multiply_adds(const nn::EncoderConfig& encoder, const nn::DecoderConfig& decoder,
                             double given, double prediction_width);

constexpr double kFloatBytes = 4;
// Measured: what the allocator leaves between the tensors of a step.
constexpr double kAllocatorGaps = 1.2;

/// Elements of all parameters, or of those that are trained.
double parameter_count(const std::vector<nn::ParameterSpec>& specs, bool trainable_only);

/// What a block is computed for: its size, and with which code.
struct BlockShape {
  double tokens, width, heads, mlp_ratio;
  double element;  // bytes of a number in matrix products
  bool fused;      // by the project's kernels
};

/// Bytes kept by one block for one image, until its backward pass.
double block_bytes(const BlockShape& block);
/// Bytes that pass through a block's backward pass, for one image.
double passing_bytes(const BlockShape& block);

}  // namespace dbot::methods
