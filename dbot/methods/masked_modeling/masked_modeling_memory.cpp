// Which tensors a training step keeps follows from the code of the modules; each formula names its
// place. Whoever changes what a block keeps for its backward pass changes `block_bytes`.
#include <algorithm>

#include "dbot/methods/masked_modeling/masked_modeling_entry.h"
#include "dbot/methods/masked_modeling/student.h"
#include "dbot/nn/parameters.h"

namespace dbot::methods {
namespace {

constexpr double kFloat = 4;  // bytes
// Measured: what the allocator leaves between the tensors of a step.
constexpr double kGaps = 1.2;

double number(std::int64_t value) {
  return static_cast<double>(value);
}

double count(const std::vector<nn::ParameterSpec>& specs, bool trainable_only) {
  double sum = 0;
  for (const nn::ParameterSpec& spec : specs) {
    if (trainable_only && !spec.trainable()) continue;
    double elements = 1;
    for (const std::int64_t size : spec.shape) elements *= number(size);
    sum += elements;
  }
  return sum;
}

/// What makes the sizes of a step: the largest student of the run.
struct Shapes {
  StudentConfig student;
  nn::EncoderConfig teacher;
  double batch, tokens, visible;  // tokens: of a whole image, cls included
  double element;                 // bytes of a number in matrix products
  bool fused;                     // blocks are computed by the project's kernels

  Shapes(const MaskedModelingConfig& config, const Surroundings& surroundings) {
    student.kind = config.student;
    student.encoder = teacher = config.encoder;
    student.decoder = config.decoder;
    if (student.kind == StudentKind::symmetric) student.decoder.depth = 0;
    student.predicts_features = config.predicts_features();
    const auto& depths = config.student_depth;
    if (!depths.empty()) {
      student.encoder.depth = teacher.depth = *std::max_element(depths.begin(), depths.end());
    }
    if (config.teacher.width > 0) teacher.width = config.teacher.width;
    if (config.teacher.depth > teacher.depth) teacher.depth = config.teacher.depth;
    const auto& model = config.encoder;
    student.prediction_width = config.predicts_features()
                                   ? teacher.width
                                   : model.channels * model.patch_size * model.patch_size;
    batch = number(surroundings.batch_size);
    tokens = number(model.patches() + 1);
    visible = student.kind == StudentKind::symmetric
                  ? tokens
                  : number(masking::kept_patches(model.patches(), config.mask.ratio) + 1);
    element = surroundings.element;
    fused = surroundings.fused;
  }
};

/// What a block is computed for: its size, and with which code.
struct Block {
  double tokens, width, heads, mlp_ratio;
  double element;  // bytes of a number in matrix products
  bool fused;      // by the project's kernels
};

/// Kept by one block for one image. Both codes keep the residual stream twice in float32, and in
/// the type of the products the normalised inputs, q, k, v, the context and the hidden layer. That
/// is all for the fused one (ops/cpu/transformer_block.cpp), but for a logarithm for each row of
/// attention; the reference (ops/reference/transformer_block.cpp) also keeps the scaled q, the
/// hidden layer after the GELU, and attention's probabilities in float32, and once more in the type
/// of the products where that is another.
double block_bytes(const Block& block) {
  const double stream = 2 * kFloat * block.width;
  const double products =
      block.element * block.width * (block.fused ? 6 + block.mlp_ratio : 7 + 2 * block.mlp_ratio);
  const double row = block.fused              ? kFloat
                     : block.element < kFloat ? block.tokens * (kFloat + block.element)
                                              : block.tokens * kFloat;
  return block.tokens * (stream + products + block.heads * row);
}

/// What passes through a block's backward pass, for one image: gradients of the hidden layer and of
/// the attention.
double passing_bytes(const Block& block) {
  const double attention =
      block.fused ? 4 * block.element * block.width : 2 * kFloat * block.heads * block.tokens;
  return block.tokens * (2 * block.element * block.mlp_ratio * block.width + attention);
}

double activations(const Shapes& shapes) {
  const auto& encoder = shapes.student.encoder;
  const auto& decoder = shapes.student.decoder;
  const auto block = [&](double tokens, std::int64_t width, std::int64_t heads) {
    return Block{tokens,         number(width), number(heads), encoder.mlp_ratio,
                 shapes.element, shapes.fused};
  };
  const Block in_encoder = block(shapes.visible, encoder.width, encoder.heads);
  const Block in_decoder = block(shapes.tokens, decoder.width, decoder.heads);
  const double kept = number(encoder.depth) * block_bytes(in_encoder) +
                      number(decoder.depth) * block_bytes(in_decoder);
  const double passing = std::max(passing_bytes(in_encoder), passing_bytes(in_decoder));
  // Prediction and target, their element-wise loss and its gradient.
  const double loss = 4 * kFloat * shapes.tokens * number(shapes.student.prediction_width);
  const double student = kept + passing + loss;
  // Before the student computes: the largest part of the teacher's pass, one block without a graph.
  const double teacher =
      shapes.student.predicts_features
          ? block_bytes(block(shapes.tokens, shapes.teacher.width, shapes.teacher.heads))
          : 0;
  return kGaps * shapes.batch * std::max(student, teacher);
}

/// Bytes of pixels being loaded (two batches ahead and one in use), and of the one in use in
/// float32: normalised, as patches, and the visible ones.
double images(const Shapes& shapes) {
  const auto& model = shapes.student.encoder;
  const double pixels =
      number(model.image_size.height * model.image_size.width * model.channels) * shapes.batch;
  return pixels * (3 + kFloat * (2 + shapes.visible / shapes.tokens));
}

}  // namespace

MethodMemory plan_memory(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  const Shapes shapes(config, surroundings);
  const auto student = student_parameters(shapes.student);
  MethodMemory plan;
  plan.weights = kFloat * count(student, false);
  if (config.predicts_features()) {
    const double elements = count(nn::encoder_parameters(shapes.teacher), false);
    plan.teacher = elements * (kFloat + (shapes.element < kFloat ? shapes.element : 0));
  }
  const nn::EncoderConfig& encoder = config.encoder;
  plan.frozen_pass =
      shapes.batch * block_bytes({shapes.tokens, number(encoder.width), number(encoder.heads),
                                  encoder.mlp_ratio, kFloat, shapes.fused});
  if (!surroundings.trains) return plan;
  const double trained = count(student, true);
  plan.gradients = kFloat * trained;
  plan.moments = surroundings.moments * kFloat * trained;
  // In low precision the graph keeps converted copies of the matrices.
  plan.activations = activations(shapes) + (shapes.element < kFloat ? 2 * trained : 0);
  plan.inputs = images(shapes);
  if (surroundings.stages > 1) {
    const double freed = surroundings.keep_optimizer ? 0 : plan.moments;
    plan.next_student = std::max(0.0, plan.weights + plan.gradients - freed);
  }
  return plan;
}

}  // namespace dbot::methods
