#include "dbot/methods/masked_modeling/student_kinds.h"

namespace dbot::methods {
namespace {

/// The encoder's and the decoder's part of the draws; rates rise anew in the decoder.
std::pair<nn::DropPath, nn::DropPath> split(const nn::DropPath& drop_path,
                                            std::int64_t encoder_depth,
                                            std::int64_t decoder_depth) {
  if (!drop_path.draws.defined()) return {};
  return {{drop_path.maximum, drop_path.draws.narrow(0, 0, 2 * encoder_depth)},
          {drop_path.maximum, drop_path.draws.narrow(0, 2 * encoder_depth, 2 * decoder_depth)}};
}

}  // namespace

nn::MaskedAutoencoderConfig asymmetric_config(const StudentConfig& config) {
  return {.encoder = config.encoder,
          .decoder = config.decoder,
          .prediction_width = config.prediction_width,
          .predictor_name = config.predicts_features ? "decoder_predp" : "decoder_pred"};
}

AsymmetricStudent::AsymmetricStudent(const StudentConfig& config,
                                     std::shared_ptr<nn::ParameterStore> parameters)
    : network_(asymmetric_config(config), std::move(parameters)) {}

std::int64_t AsymmetricStudent::drop_path_rows() const {
  return 2 * (network_.config().encoder.depth + network_.config().decoder.depth);
}

Student::Prediction AsymmetricStudent::predict(const ops::Images& images, const masking::Mask& mask,
                                               at::ScalarType compute,
                                               const nn::DropPath& drop_path,
                                               const at::Tensor& rows) const {
  const auto [in_encoder, in_decoder] =
      split(drop_path, network_.config().encoder.depth, network_.config().decoder.depth);
  const at::Tensor latent = network_.encode(images, mask.ids_keep, compute, in_encoder);
  return {latent, network_.decode(latent, mask.ids_restore, compute, in_decoder, rows)};
}

void AsymmetricStudent::visit_layers(const ops::Images& images, const masking::Mask& mask,
                                     at::ScalarType compute, const LayerVisitor& visit) const {
  const at::Tensor latent =
      visit_encoder(encoder(), encoder().embed(images, mask.ids_keep), compute, visit);
  const at::Tensor tokens = network_.decoder_tokens(latent, mask.ids_restore, compute);
  visit("decoder", "the decoder's embedding", tokens);
  visit_blocks("decoder", tokens, network_.decoder_blocks(), network_.decoder_options(compute),
               visit);
}

double AsymmetricStudent::multiply_adds(double visible) const {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const nn::MaskedAutoencoderConfig& shape = network_.config();
  const nn::EncoderConfig& encoder = shape.encoder;
  const double tokens = number(encoder.patches()) + 1, decoder_width = number(shape.decoder.width);
  return embedding_multiply_adds(encoder, visible) +
         block_multiply_adds(visible + 1, number(encoder.width), number(encoder.depth),
                             encoder.mlp_ratio) +
         (visible + 1) * number(encoder.width) * decoder_width +
         block_multiply_adds(tokens, decoder_width, number(shape.decoder.depth),
                             encoder.mlp_ratio) +
         tokens * decoder_width * number(shape.prediction_width);
}

}  // namespace dbot::methods
