#pragma once

#include "dbot/methods/masked_modeling/student.h"
#include "dbot/nn/vit/masked_autoencoder.h"
#include "dbot/nn/vit/masked_encoder.h"

// The two kinds of student; `make_student` chooses.
namespace dbot::methods {

class AsymmetricStudent : public Student {
 public:
  AsymmetricStudent(const StudentConfig& config, std::shared_ptr<nn::ParameterStore> parameters);

  const nn::VisionTransformer& encoder() const override { return network_.encoder(); }
  std::int64_t prediction_width() const override { return network_.config().prediction_width; }
  std::int64_t drop_path_rows() const override;
  Prediction predict(const ops::Images& images, const masking::Mask& mask, at::ScalarType compute,
                     const nn::DropPath& drop_path, const at::Tensor& rows) const override;
  void visit_layers(const ops::Images& images, const masking::Mask& mask, at::ScalarType compute,
                    const LayerVisitor& visit) const override;
  double multiply_adds(double visible) const override;

 private:
  nn::MaskedAutoencoder network_;
};

class SymmetricStudent : public Student {
 public:
  SymmetricStudent(const StudentConfig& config, std::shared_ptr<nn::ParameterStore> parameters);

  const nn::VisionTransformer& encoder() const override { return network_.encoder(); }
  std::int64_t prediction_width() const override { return network_.config().prediction_width; }
  std::int64_t drop_path_rows() const override;
  Prediction predict(const ops::Images& images, const masking::Mask& mask, at::ScalarType compute,
                     const nn::DropPath& drop_path, const at::Tensor& rows) const override;
  void visit_layers(const ops::Images& images, const masking::Mask& mask, at::ScalarType compute,
                    const LayerVisitor& visit) const override;
  double multiply_adds(double visible) const override;

 private:
  nn::MaskedEncoder network_;
};

/// Shows what an encoder makes of its tokens, layer by layer; returns its result after the norm.
at::Tensor visit_encoder(const nn::VisionTransformer& encoder, const at::Tensor& embedded,
                         at::ScalarType compute, const Student::LayerVisitor& visit);

nn::MaskedAutoencoderConfig asymmetric_config(const StudentConfig& config);
nn::MaskedEncoderConfig symmetric_config(const StudentConfig& config);

/// Sends tokens through a stack one block at a time, without stochastic depth, and shows each
/// result. Returns the last.
at::Tensor visit_blocks(const std::string& part, at::Tensor tokens,
                        const std::vector<ops::TransformerBlockWeights>& blocks,
                        const ops::TransformerBlockOptions& options,
                        const Student::LayerVisitor& visit);

}  // namespace dbot::methods
