// Which tensors a training step keeps follows from the code of the modules; each formula names its
// place. Whoever changes what a block keeps for its backward pass changes `block_bytes`.
#include "dbot/run/facts/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/methods/masked_modeling/student.h"
#include "dbot/nn/parameters.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::run {
namespace {

constexpr double kFloat = 4;  // bytes
// An estimate may be this much too large; only what is beyond it is refused.
constexpr double kTolerance = 1.3;
// Measured: LibTorch's own code and buffers once it computes, and what the allocator leaves between
// the tensors of a step.
constexpr double kLibTorch = 50e6;  // bytes
constexpr double kGaps = 1.2;

double number(std::int64_t value) {
  return static_cast<double>(value);
}

double count(const std::vector<nn::ParameterSpec>& specs, bool trainable_only) {
  double sum = 0;
  for (const nn::ParameterSpec& spec : specs) {
    if (trainable_only && !spec.trainable) continue;
    double elements = 1;
    for (const std::int64_t size : spec.shape) elements *= number(size);
    sum += elements;
  }
  return sum;
}

bool has_teacher(const Recipe& recipe) {
  return recipe.objective.target == objectives::TargetKind::teacher;
}

bool has_kernels(const Recipe& recipe) {
  return recipe.compute.kernels == KernelRequest::automatic
             ? simd::default_kernel_level() != simd::KernelLevel::reference
             : recipe.compute.kernels != KernelRequest::reference;
}

/// What makes the sizes of a step: the largest student of the run.
struct Shapes {
  methods::StudentConfig student;
  nn::EncoderConfig teacher;
  double batch, tokens, visible;  // tokens: of a whole image, cls included
  double element;                 // bytes of a number in matrix products

  explicit Shapes(const Recipe& recipe) {
    student.kind = recipe.student;
    student.encoder = teacher = recipe.model;
    student.decoder = recipe.decoder;
    if (student.kind == methods::StudentKind::symmetric) student.decoder.depth = 0;
    student.predicts_features = has_teacher(recipe);
    const auto& depths = recipe.stages.student_depth;
    if (!depths.empty()) {
      student.encoder.depth = teacher.depth = *std::max_element(depths.begin(), depths.end());
    }
    if (recipe.teacher.width > 0) teacher.width = recipe.teacher.width;
    if (recipe.teacher.depth > teacher.depth) teacher.depth = recipe.teacher.depth;
    const auto& model = recipe.model;
    student.prediction_width =
        has_teacher(recipe) ? teacher.width : model.channels * model.patch_size * model.patch_size;
    batch = number(recipe.train.batch_size);
    tokens = number(model.patches() + 1);
    visible = student.kind == methods::StudentKind::symmetric
                  ? tokens
                  : number(masking::kept_patches(model.patches(), recipe.mask.ratio) + 1);
    element = recipe.train.precision == runtime::PrecisionRequest::fp32 ? 4 : 2;
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

double activations(const Recipe& recipe, const Shapes& shapes) {
  const auto& encoder = shapes.student.encoder;
  const auto& decoder = shapes.student.decoder;
  const auto block = [&](double tokens, std::int64_t width, std::int64_t heads) {
    return Block{tokens,         number(width),      number(heads), encoder.mlp_ratio,
                 shapes.element, has_kernels(recipe)};
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
      has_teacher(recipe)
          ? block_bytes(block(shapes.tokens, shapes.teacher.width, shapes.teacher.heads))
          : 0;
  return kGaps * shapes.batch * std::max(student, teacher);
}

/// Bytes of pixels being loaded (two batches ahead and one in use), and of the one in use in
/// float32: normalised, as patches, and the visible ones.
double images(const Recipe& recipe, const Shapes& shapes) {
  const auto& model = recipe.model;
  const double pixels =
      number(model.image_size.height * model.image_size.width * model.channels) * shapes.batch;
  return pixels * (3 + kFloat * (2 + shapes.visible / shapes.tokens));
}

/// Features of both splits, k-NN's normalised copies and its block of similarities
/// (eval/frozen/knn.cpp).
double features_bytes(const EvaluatedImages& images, double width, double kinds) {
  constexpr double kMostSimilarities = 1 << 26, kAtOnce = 128;
  const double similarities = std::min(kMostSimilarities, kAtOnce * number(images.train));
  return kFloat *
         (width * (number(images.train) * (kinds + 2) + number(images.test) * (kinds + 1)) +
          similarities);
}

double evaluation(const Recipe& recipe, const Shapes& shapes, const EvaluatedImages& images) {
  if (images.train <= 0) return 0;
  const auto& model = recipe.model;
  const double pixels = number(model.image_size.height * model.image_size.width * model.channels);
  const double of_pixels = recipe.evaluate.at_stage_ends ? features_bytes(images, pixels, 1) : 0;
  const double of_network = features_bytes(images, number(model.width), 2);
  const double passing =
      shapes.batch * block_bytes({shapes.tokens, number(model.width), number(model.heads),
                                  model.mlp_ratio, kFloat, has_kernels(recipe)});
  return std::max({of_pixels, of_network, passing});
}

}  // namespace

double MemoryPlan::total() const {
  return program + weights + gradients + moments + teacher + cache +
         std::max({activations + images, evaluation, next_student});
}

EvaluatedImages evaluated_images(const Recipe& recipe, std::int64_t images, bool labelled) {
  const auto& config = recipe.evaluate;
  const bool due = (config.every_epochs > 0 || config.at_stage_ends) &&
                   (config.knn || config.linear) && (labelled || !config.data.empty());
  if (!due) return {};
  const auto limited = [](std::int64_t count, std::int64_t limit) {
    return limit > 0 ? std::min(count, limit) : count;
  };
  // How an undivided set is split; divided ones hold about as many test images.
  return {limited(images, config.max_train_images), limited(images / 5, config.max_test_images)};
}

MemoryPlan plan_memory(const Recipe& recipe, const EvaluatedImages& evaluated) {
  const Shapes shapes(recipe);
  const auto student = methods::student_parameters(shapes.student);
  MemoryPlan plan;
  plan.program = kLibTorch;
  plan.weights = kFloat * count(student, false);
  if (has_teacher(recipe)) {
    const double elements = count(nn::encoder_parameters(shapes.teacher), false);
    plan.teacher = elements * (kFloat + (shapes.element < kFloat ? shapes.element : 0));
  }
  plan.evaluation = evaluation(recipe, shapes, evaluated);
  if (recipe.length.total_steps == 0 || recipe.length.total_epochs == 0) return plan;
  const double trained = count(student, true);
  plan.gradients = kFloat * trained;
  plan.moments = 2 * kFloat * trained;
  // In low precision the graph keeps converted copies of the matrices.
  plan.activations = activations(recipe, shapes) + (shapes.element < kFloat ? 2 * trained : 0);
  plan.images = images(recipe, shapes);
  plan.cache = number(recipe.data.cache_bytes);
  if (recipe.stages.count > 1) {
    const double freed = recipe.stages.keep_optimizer ? 0 : plan.moments;
    plan.next_student = std::max(0.0, plan.weights + plan.gradients - freed);
  }
  return plan;
}

void check_memory(const Recipe& recipe, std::int64_t machine_bytes, const core::Log& log) {
  const double planned = plan_memory(recipe, {}).total();
  const double machine = number(machine_bytes);
  if (planned <= machine) return;
  const std::string sizes = fmt::format(
      "{:.3g} GB of memory (train.batch_size {}, model.width {}, model.depth {}), this machine has "
      "{:.3g} GB; lower train.batch_size and raise train.accumulate by the same factor, or choose "
      "a "
      "smaller model",
      planned / 1e9, recipe.train.batch_size, recipe.model.width, recipe.model.depth,
      machine / 1e9);
  if (planned > kTolerance * machine) {
    throw UsageError(fmt::format("[recipe] the run needs about {}", sizes));
  }
  log(core::LogLevel::warning, fmt::format("the run may need {}", sizes));
}

}  // namespace dbot::run
