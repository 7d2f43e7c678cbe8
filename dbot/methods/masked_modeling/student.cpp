#include "dbot/methods/masked_modeling/student.h"

#include <fmt/format.h>

#include <span>

#include "dbot/methods/masked_modeling/student_kinds.h"

namespace dbot::methods {

std::vector<nn::ParameterSpec> student_parameters(const StudentConfig& config) {
  return config.kind == StudentKind::symmetric
             ? nn::masked_encoder_parameters(symmetric_config(config))
             : nn::masked_autoencoder_parameters(asymmetric_config(config));
}

std::unique_ptr<Student> make_student(const StudentConfig& config,
                                      std::shared_ptr<nn::ParameterStore> parameters) {
  if (config.kind == StudentKind::symmetric) {
    return std::make_unique<SymmetricStudent>(config, std::move(parameters));
  }
  return std::make_unique<AsymmetricStudent>(config, std::move(parameters));
}

double block_multiply_adds(double tokens, double width, double depth, double mlp_ratio) {
  return depth * (tokens * (4 + 2 * mlp_ratio) * width * width + 2 * tokens * tokens * width);
}

double embedding_multiply_adds(const nn::EncoderConfig& encoder, double patches) {
  return patches * static_cast<double>(encoder.channels * encoder.patch_size * encoder.patch_size) *
         static_cast<double>(encoder.width);
}

at::Tensor visit_blocks(const std::string& part, at::Tensor tokens,
                        const std::vector<ops::TransformerBlockWeights>& blocks,
                        const ops::TransformerBlockOptions& options,
                        const Student::LayerVisitor& visit) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    tokens = nn::run_blocks(tokens, std::span(&blocks[i], 1), options, {});
    visit(part, fmt::format("the result of block {}", i), tokens);
  }
  return tokens;
}

at::Tensor visit_encoder(const nn::VisionTransformer& encoder, const at::Tensor& embedded,
                         at::ScalarType compute, const Student::LayerVisitor& visit) {
  visit("encoder", "the patch embedding", embedded);
  const at::Tensor encoded = visit_blocks("encoder", embedded, encoder.block_weights(),
                                          encoder.block_options(compute), visit);
  at::Tensor latent = encoder.norm(encoded);
  visit("encoder", "the final norm", latent);
  return latent;
}

}  // namespace dbot::methods
