#include "dbot/methods/masked_modeling/student_kinds.h"

namespace dbot::methods {

nn::MaskedEncoderConfig symmetric_config(const StudentConfig& config) {
  return {.encoder = config.encoder, .prediction_width = config.prediction_width};
}

SymmetricStudent::SymmetricStudent(const StudentConfig& config,
                                   std::shared_ptr<nn::ParameterStore> parameters)
    : network_(symmetric_config(config), std::move(parameters)) {}

std::int64_t SymmetricStudent::drop_path_rows() const {
  return 2 * network_.config().encoder.depth;
}

Student::Prediction SymmetricStudent::predict(const ops::Images& images, const masking::Mask& mask,
                                              at::ScalarType compute, const nn::DropPath& drop_path,
                                              const at::Tensor& rows) const {
  const at::Tensor latent = network_.encode(images, mask.mask, compute, drop_path, rows);
  return {latent, network_.predict(latent, compute)};
}

void SymmetricStudent::visit_layers(const ops::Images& images, const masking::Mask& mask,
                                    at::ScalarType compute, const LayerVisitor& visit) const {
  visit_encoder(encoder(), network_.embed(images, mask.mask), compute, visit);
}

double SymmetricStudent::multiply_adds(double /*visible*/) const {
  const nn::EncoderConfig& encoder = network_.config().encoder;
  const auto patches = static_cast<double>(encoder.patches());
  const auto width = static_cast<double>(encoder.width);
  return embedding_multiply_adds(encoder, patches) +
         block_multiply_adds(patches + 1, width, static_cast<double>(encoder.depth),
                             encoder.mlp_ratio) +
         (patches + 1) * width * static_cast<double>(network_.config().prediction_width);
}

}  // namespace dbot::methods
