#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/methods/masked_modeling/masked_prediction.h"
#include "dbot/nn/vit/vision_transformer.h"
#include "dbot/optim/adamw.h"
#include "dbot/runtime/named_tensors.h"
#include "dbot/runtime/precision.h"

// A learning system behind one interface. The trainer knows steps and stages only; everything a
// method learns, predicts or switches is behind `Method`. Fine-tuning and supervised tasks are
// methods too.
namespace dbot::methods {

/// What the draws of a step depend on, besides its sample ids.
struct DrawContext {
  std::uint64_t seed = 0;
  std::int64_t stage = 0;
  std::int64_t epoch = 0;
};

/// All random numbers of one step: tests inject them, training computes them (`Method::draw`).
/// Names are the method's own ("mask_noise" [batch, patches], "drop_path" [branches, batch]).
using StepDraws = runtime::NamedTensors;

struct StepContext {
  std::int64_t stage = 0;
  std::int64_t step = 0;
  runtime::Precision precision = runtime::Precision::fp32;
};

struct StepResult {
  at::Tensor loss;                                          // scalar with its graph
  std::vector<std::pair<std::string, at::Tensor>> scalars;  // further figures, without graph
};

class Method {
 public:
  virtual ~Method() = default;

  /// The parameters to train, valid until the next `begin_stage`.
  virtual std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) = 0;
  virtual StepDraws draw(const data::Batch& batch, const DrawContext& context) const = 0;
  virtual StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                                   const StepContext& context) = 0;
  /// Clears the gradients of the parameters to train.
  virtual void zero_gradients() = 0;

  /// Prepares stage `stage` (0-based): for dBOT a fresh student.
  virtual void begin_stage(std::int64_t stage) = 0;
  /// Closes stage `stage`: for dBOT the student becomes the teacher.
  virtual void end_stage(std::int64_t stage) = 0;

  /// The network that is the result.
  virtual const nn::VisionTransformer& backbone() const = 0;

  /// Everything needed to go on, "student.…", "teacher.…"; shares memory with the method.
  virtual runtime::NamedTensors state() const = 0;
  /// The inverse, after `begin_stage(stage)` need not have been called.
  virtual void load_state(std::int64_t stage, const runtime::NamedTensors& state) = 0;

  /// What it predicts of the batch's images, masked as `context` draws it and without drop path,
  /// for pictures; nothing if the method hides nothing. Changes nothing.
  virtual std::optional<MaskedPrediction> predict_masked(const data::Batch& /*batch*/,
                                                         const DrawContext& /*context*/,
                                                         runtime::Precision /*precision*/) const {
    return std::nullopt;
  }

  /// Floating-point operations of training on one image (2 a multiply-add, backward = 2 × forward).
  virtual double flops_per_image() const = 0;
};

}  // namespace dbot::methods
