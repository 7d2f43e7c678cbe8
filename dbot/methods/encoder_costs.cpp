// Which tensors a training step keeps follows from the code of the modules; each formula names its
// place. Whoever changes what a block keeps for its backward pass changes `block_bytes`.
#include "dbot/methods/encoder_costs.h"

namespace dbot::methods {

double block_multiply_adds(double tokens, double width, double depth, double mlp_ratio) {
  return depth * (tokens * (4 + 2 * mlp_ratio) * width * width + 2 * tokens * tokens * width);
}

double embedding_multiply_adds(const nn::EncoderConfig& encoder, double patches) {
  return patches * static_cast<double>(encoder.channels * encoder.patch_size * encoder.patch_size) *
         static_cast<double>(encoder.width);
}

double decoder_multiply_adds(const nn::EncoderConfig& encoder, const nn::DecoderConfig& decoder,
                             double given, double prediction_width) {
  const auto tokens = static_cast<double>(encoder.patches()) + 1;
  const auto width = static_cast<double>(decoder.width);
  return given * static_cast<double>(encoder.width) * width +
         block_multiply_adds(tokens, width, static_cast<double>(decoder.depth), encoder.mlp_ratio) +
         tokens * width * prediction_width;
}

double parameter_count(const std::vector<nn::ParameterSpec>& specs, bool trainable_only) {
  double sum = 0;
  for (const nn::ParameterSpec& spec : specs) {
    if (trainable_only && !spec.trainable()) continue;
    double elements = 1;
    for (const std::int64_t size : spec.shape) elements *= static_cast<double>(size);
    sum += elements;
  }
  return sum;
}

// Both codes keep the residual stream twice in float32, and in the type of the products the
// normalised inputs, q, k, v, the context and the hidden layer. That is all for the fused one
// (ops/cpu/transformer_block.cpp), but for a logarithm for each row of attention; the reference
// (ops/reference/transformer_block.cpp) also keeps the scaled q, the hidden layer after the GELU,
// and attention's probabilities in float32, and once more in the type of the products where that is
// another.
double block_bytes(const BlockShape& block) {
  const double stream = 2 * kFloatBytes * block.width;
  const double products =
      block.element * block.width * (block.fused ? 6 + block.mlp_ratio : 7 + 2 * block.mlp_ratio);
  const double row = block.fused                   ? kFloatBytes
                     : block.element < kFloatBytes ? block.tokens * (kFloatBytes + block.element)
                                                   : block.tokens * kFloatBytes;
  return block.tokens * (stream + products + block.heads * row);
}

// Gradients of the hidden layer and of the attention.
double passing_bytes(const BlockShape& block) {
  const double attention =
      block.fused ? 4 * block.element * block.width : 2 * kFloatBytes * block.heads * block.tokens;
  return block.tokens * (2 * block.element * block.mlp_ratio * block.width + attention);
}

}  // namespace dbot::methods
