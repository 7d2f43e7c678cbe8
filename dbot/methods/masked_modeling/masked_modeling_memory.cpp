#include <algorithm>

#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"
#include "dbot/methods/masked_modeling/stage_objective.h"
#include "dbot/methods/masked_modeling/student.h"
#include "dbot/nn/parameters.h"

namespace dbot::methods {
namespace {

double number(std::int64_t value) {
  return static_cast<double>(value);
}

/// What makes the sizes of a step: the largest student of the run.
struct Shapes {
  StudentConfig student;
  nn::EncoderConfig teacher;
  double batch, tokens, visible;  // tokens: of a whole image, cls included
  double element;                 // bytes of a number in matrix products
  bool fused;                     // blocks are computed by the project's kernels

  Shapes(const MaskedModelingConfig& config, const Surroundings& surroundings, bool features) {
    student.kind = config.student;
    student.encoder = teacher = config.encoder;
    student.decoder = config.decoder;
    student.head = config.head;
    student.learned_positions = config.learned_positions;
    if (!student.has_decoder()) student.decoder.depth = 0;
    student.predicts_features = features;
    const auto& depths = config.student_depth;
    if (!depths.empty()) {
      student.encoder.depth = teacher.depth = *std::max_element(depths.begin(), depths.end());
    }
    if (config.teacher.width > 0) teacher.width = config.teacher.width;
    if (config.teacher.depth > teacher.depth) teacher.depth = config.teacher.depth;
    const auto& model = config.encoder;
    student.prediction_width =
        features ? teacher.width : model.channels * model.patch_size * model.patch_size;
    batch = number(surroundings.batch_size);
    tokens = number(model.patches() + 1);
    visible = student.kind == StudentKind::symmetric
                  ? tokens
                  : number(masking::visible_patches(config.mask, model.patches()) + 1);
    element = surroundings.element;
    fused = surroundings.fused;
  }
};

double activations(const Shapes& shapes) {
  const auto& encoder = shapes.student.encoder;
  const auto& decoder = shapes.student.decoder;
  const auto block = [&](double tokens, std::int64_t width, std::int64_t heads) {
    return BlockShape{tokens,         number(width), number(heads), encoder.mlp_ratio,
                      shapes.element, shapes.fused};
  };
  const BlockShape in_encoder = block(shapes.visible, encoder.width, encoder.heads);
  const BlockShape in_decoder = block(shapes.tokens, decoder.width, decoder.heads);
  const double kept = number(encoder.depth) * block_bytes(in_encoder) +
                      number(decoder.depth) * block_bytes(in_decoder);
  const double passing = std::max(passing_bytes(in_encoder), passing_bytes(in_decoder));
  // Prediction and target, their element-wise loss and its gradient.
  const double loss = 4 * kFloatBytes * shapes.tokens * number(shapes.student.prediction_width);
  const double student = kept + passing + loss;
  // Before the student computes: the largest part of the teacher's pass, one block without a graph.
  const double teacher =
      shapes.student.predicts_features
          ? block_bytes(block(shapes.tokens, shapes.teacher.width, shapes.teacher.heads))
          : 0;
  return kAllocatorGaps * shapes.batch * std::max(student, teacher);
}

/// Bytes of pixels being loaded (two batches ahead and one in use), and of the one in use in
/// float32: normalised, as patches, and the visible ones.
double images(const Shapes& shapes) {
  const auto& model = shapes.student.encoder;
  const double pixels =
      number(model.image_size.height * model.image_size.width * model.channels) * shapes.batch;
  return pixels * (3 + kFloatBytes * (2 + shapes.visible / shapes.tokens));
}

/// Of stages with such a target alone.
MethodMemory plan_stages(const MaskedModelingConfig& config, const Surroundings& surroundings,
                         bool features) {
  const Shapes shapes(config, surroundings, features);
  const auto student = student_parameters(shapes.student);
  MethodMemory plan;
  plan.weights = kFloatBytes * parameter_count(student, false);
  // A file's encoder is kept for later stages.
  if (surroundings.stages > 1 && config.starts_from_file(1)) {
    plan.weights += kFloatBytes * parameter_count(nn::encoder_parameters(config.encoder), false);
  }
  if (features) {
    const double elements = parameter_count(nn::encoder_parameters(shapes.teacher), false);
    plan.teacher = elements * (kFloatBytes + (shapes.element < kFloatBytes ? shapes.element : 0));
  }
  const nn::EncoderConfig& encoder = config.encoder;
  plan.frozen_pass =
      shapes.batch * block_bytes({shapes.tokens, number(encoder.width), number(encoder.heads),
                                  encoder.mlp_ratio, kFloatBytes, shapes.fused});
  if (!surroundings.trains) return plan;
  const double trained = parameter_count(student, true);
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  // In low precision the graph keeps converted copies of the matrices.
  plan.activations = activations(shapes) + (shapes.element < kFloatBytes ? 2 * trained : 0);
  plan.inputs = images(shapes);
  if (surroundings.stages > 1) {
    const double freed = surroundings.keep_optimizer ? 0 : plan.moments;
    plan.next_student = std::max(0.0, plan.weights + plan.gradients - freed);
  }
  return plan;
}

/// The most that either needs of each item.
MethodMemory larger(const MethodMemory& one, const MethodMemory& other) {
  return {.weights = std::max(one.weights, other.weights),
          .gradients = std::max(one.gradients, other.gradients),
          .moments = std::max(one.moments, other.moments),
          .teacher = std::max(one.teacher, other.teacher),
          .activations = std::max(one.activations, other.activations),
          .inputs = std::max(one.inputs, other.inputs),
          .next_student = std::max(one.next_student, other.next_student),
          .frozen_pass = std::max(one.frozen_pass, other.frozen_pass)};
}

}  // namespace

MethodMemory plan_memory(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  MethodMemory plan;
  for (const StageObjective& objective : stage_objectives(config)) {
    plan = larger(plan, plan_stages(config, surroundings, objective.predicts_features()));
  }
  return plan;
}

}  // namespace dbot::methods
