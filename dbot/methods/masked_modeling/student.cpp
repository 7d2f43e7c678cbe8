#include "dbot/methods/masked_modeling/student.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "dbot/methods/encoder_costs.h"
#include "dbot/nn/vit/masked_autoencoder.h"
#include "dbot/nn/vit/masked_encoder.h"

namespace dbot::methods {
namespace {

nn::MaskedAutoencoderConfig asymmetric_config(const StudentConfig& config) {
  return {.encoder = config.encoder,
          .decoder = config.decoder,
          .prediction_width = config.prediction_width,
          .predictor_name = config.predicts_features ? "decoder_predp" : "decoder_pred"};
}

nn::MaskedEncoderConfig symmetric_config(const StudentConfig& config) {
  nn::MaskedEncoderConfig result{.encoder = config.encoder,
                                 .prediction_width = config.prediction_width,
                                 .learned_positions = config.learned_positions};
  if (config.has_decoder()) result.decoder = config.decoder;
  return result;
}

/// The encoder's and the decoder's part of the draws; rates rise anew in the decoder.
std::pair<nn::DropPath, nn::DropPath> split(const nn::DropPath& drop_path,
                                            std::int64_t encoder_depth,
                                            std::int64_t decoder_depth) {
  if (!drop_path.draws.defined()) return {};
  return {{drop_path.maximum, drop_path.draws.narrow(0, 0, 2 * encoder_depth)},
          {drop_path.maximum, drop_path.draws.narrow(0, 2 * encoder_depth, 2 * decoder_depth)}};
}

/// Sends tokens through a stack one block at a time, without stochastic depth, and shows each
/// result. Returns the last.
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

/// Shows what an encoder makes of its tokens, layer by layer; returns its result after the norm.
at::Tensor visit_encoder(const nn::VisionTransformer& encoder, const at::Tensor& embedded,
                         at::ScalarType compute, const Student::LayerVisitor& visit) {
  visit("encoder", "the patch embedding", embedded);
  const at::Tensor encoded = visit_blocks("encoder", embedded, encoder.block_weights(),
                                          encoder.block_options(compute), visit);
  at::Tensor latent = encoder.norm(encoded);
  visit("encoder", "the final norm", latent);
  return latent;
}

double as_number(std::int64_t value) {
  return static_cast<double>(value);
}

class AsymmetricStudent final : public Student {
 public:
  AsymmetricStudent(const StudentConfig& config, std::shared_ptr<nn::ParameterStore> parameters)
      : network_(asymmetric_config(config), std::move(parameters)) {}

  const nn::VisionTransformer& encoder() const override { return network_.encoder(); }
  std::int64_t prediction_width() const override { return network_.config().prediction_width; }

  std::int64_t drop_path_rows() const override {
    return 2 * (network_.config().encoder.depth + network_.config().decoder.depth);
  }

  Student::Prediction predict(const ops::Images& images, const masking::Mask& mask,
                              at::ScalarType compute, const nn::DropPath& drop_path,
                              const at::Tensor& rows) const override {
    const auto [in_encoder, in_decoder] =
        split(drop_path, network_.config().encoder.depth, network_.config().decoder.depth);
    const at::Tensor latent = network_.encode(images, mask.ids_keep, compute, in_encoder);
    return {latent, network_.decode(latent, mask.ids_restore, compute, in_decoder, rows)};
  }

  void visit_layers(const ops::Images& images, const masking::Mask& mask, at::ScalarType compute,
                    const LayerVisitor& visit) const override {
    const at::Tensor latent =
        visit_encoder(encoder(), encoder().embed(images, mask.ids_keep), compute, visit);
    const at::Tensor tokens = network_.decoder_tokens(latent, mask.ids_restore, compute);
    visit("decoder", "the decoder's embedding", tokens);
    visit_blocks("decoder", tokens, network_.decoder_blocks(), network_.decoder_options(compute),
                 visit);
  }

  double multiply_adds(double visible) const override {
    const nn::MaskedAutoencoderConfig& shape = network_.config();
    const nn::EncoderConfig& encoder = shape.encoder;
    return embedding_multiply_adds(encoder, visible) +
           block_multiply_adds(visible + 1, as_number(encoder.width), as_number(encoder.depth),
                               encoder.mlp_ratio) +
           decoder_multiply_adds(encoder, shape.decoder, visible + 1,
                                 as_number(shape.prediction_width));
  }

 private:
  nn::MaskedAutoencoder network_;
};

class SymmetricStudent final : public Student {
 public:
  SymmetricStudent(const StudentConfig& config, std::shared_ptr<nn::ParameterStore> parameters)
      : network_(symmetric_config(config), std::move(parameters)) {}

  const nn::VisionTransformer& encoder() const override { return network_.encoder(); }
  std::int64_t prediction_width() const override { return network_.config().prediction_width; }

  std::int64_t drop_path_rows() const override {
    return 2 * (network_.config().encoder.depth + decoder_depth());
  }

  Student::Prediction predict(const ops::Images& images, const masking::Mask& mask,
                              at::ScalarType compute, const nn::DropPath& drop_path,
                              const at::Tensor& rows) const override {
    if (!network_.config().decoder) {
      const at::Tensor latent = network_.encode(images, mask.mask, compute, drop_path, rows);
      return {latent, network_.predict(latent, compute)};
    }
    const auto [in_encoder, in_decoder] =
        split(drop_path, network_.config().encoder.depth, decoder_depth());
    const at::Tensor latent = network_.encode(images, mask.mask, compute, in_encoder);
    return {latent, network_.predict(latent, compute, in_decoder, rows)};
  }

  void visit_layers(const ops::Images& images, const masking::Mask& mask, at::ScalarType compute,
                    const LayerVisitor& visit) const override {
    const at::Tensor latent =
        visit_encoder(encoder(), network_.embed(images, mask.mask), compute, visit);
    if (!network_.config().decoder) return;
    const at::Tensor tokens = network_.decoder_tokens(latent, compute);
    visit("decoder", "the decoder's embedding", tokens);
    visit_blocks("decoder", tokens, network_.decoder_blocks(), network_.decoder_options(compute),
                 visit);
  }

  double multiply_adds(double /*visible*/) const override {
    const nn::MaskedEncoderConfig& shape = network_.config();
    const nn::EncoderConfig& encoder = shape.encoder;
    const double patches = as_number(encoder.patches()), width = as_number(encoder.width);
    const double predicted = as_number(shape.prediction_width);
    const double head = shape.decoder
                            ? decoder_multiply_adds(encoder, *shape.decoder, patches + 1, predicted)
                            : (patches + 1) * width * predicted;
    return embedding_multiply_adds(encoder, patches) +
           block_multiply_adds(patches + 1, width, as_number(encoder.depth), encoder.mlp_ratio) +
           head;
  }

 private:
  std::int64_t decoder_depth() const {
    const auto& decoder = network_.config().decoder;
    return decoder ? decoder->depth : 0;
  }

  nn::MaskedEncoder network_;
};

}  // namespace

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

}  // namespace dbot::methods
