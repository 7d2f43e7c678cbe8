#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbot/masking/random_mask.h"
#include "dbot/methods/masked_modeling/masked_modeling_config.h"
#include "dbot/nn/vit/config.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::methods {

struct StudentConfig {
  StudentKind kind = StudentKind::asymmetric;
  nn::EncoderConfig encoder;
  nn::DecoderConfig decoder;  // of an asymmetric one, or of a symmetric one with such a head
  std::int64_t prediction_width = 768;
  bool predicts_features = true;  // of a teacher; else pixels. It names the predictor.
  HeadKind head = HeadKind::linear;
  bool learned_positions = false;

  /// Whether there are blocks behind the encoder.
  bool has_decoder() const { return kind == StudentKind::asymmetric || head == HeadKind::decoder; }
};

/// All parameters of such a student in official order.
std::vector<nn::ParameterSpec> student_parameters(const StudentConfig& config);

/// The network that is trained: it sees a part of an image and predicts a target for every token.
class Student {
 public:
  virtual ~Student() = default;

  virtual const nn::VisionTransformer& encoder() const = 0;
  const std::shared_ptr<nn::ParameterStore>& parameters() const { return encoder().parameters(); }
  virtual std::int64_t prediction_width() const = 0;

  /// Rows of the draws for stochastic depth: two for each block.
  virtual std::int64_t drop_path_rows() const = 0;

  struct Prediction {
    at::Tensor latent;  // the encoder's result after its final norm, [batch, tokens it has, width]
    at::Tensor values;  // [batch, wanted, prediction width]
  };
  /// drop_path: rate of the last block; its draws [drop_path_rows,
  /// batch], undefined: nothing is dropped. rows: int64 [batch, wanted], which tokens (cls is 0) to
  /// predict; undefined: all.
  virtual Prediction predict(const ops::Images& images, const masking::Mask& mask,
                             at::ScalarType compute, const nn::DropPath& drop_path,
                             const at::Tensor& rows) const = 0;

  /// Receives what each layer gives, in order: the part ("encoder", "decoder"), which result, and
  /// its value.
  using LayerVisitor =
      std::function<void(const std::string& part, const std::string& what, const at::Tensor&)>;
  virtual void visit_layers(const ops::Images& images, const masking::Mask& mask,
                            at::ScalarType compute, const LayerVisitor& visit) const = 0;

  /// Multiply-adds of one image's forward pass with so many visible patches.
  virtual double multiply_adds(double visible) const = 0;
};

std::unique_ptr<Student> make_student(const StudentConfig& config,
                                      std::shared_ptr<nn::ParameterStore> parameters);

}  // namespace dbot::methods
