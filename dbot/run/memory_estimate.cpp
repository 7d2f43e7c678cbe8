#include "dbot/run/memory_estimate.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"

namespace dbot::run {
namespace {

double number(std::int64_t value) {
  return static_cast<double>(value);
}

/// Weights of a stack of blocks: 4 matrices of attention and 2 of the MLP.
double block_weights(double width, double depth, double mlp_ratio) {
  return depth * (4 + 2 * mlp_ratio) * width * width;
}

double encoder_weights(const nn::EncoderConfig& model, std::int64_t depth) {
  const double width = number(model.width);
  return block_weights(width, number(depth), model.mlp_ratio) +
         width * number(model.channels * model.patch_size * model.patch_size + model.patches());
}

/// Bytes a stack keeps for its backward pass, for one sample: the residual stream in float32, and
/// at least q, k, v, the attention's result and the MLP's hidden layer in the precision of the
/// products.
double activations(double tokens, double width, double depth, double mlp_ratio, double element) {
  return tokens * width * depth * (8 + element * (4 + mlp_ratio));
}

std::int64_t deepest_student(const Recipe& recipe) {
  const auto& depths = recipe.stages.student_depth;
  return depths.empty() ? recipe.model.depth : *std::max_element(depths.begin(), depths.end());
}

}  // namespace

double least_memory_bytes(const Recipe& recipe) {
  const auto& model = recipe.model;
  const std::int64_t depth = deepest_student(recipe);
  const double decoder_width = number(recipe.decoder.width);
  const double decoder_depth = number(recipe.decoder.depth);
  const double student =
      encoder_weights(model, depth) + block_weights(decoder_width, decoder_depth, model.mlp_ratio);
  const bool has_teacher = recipe.objective.target == objectives::TargetKind::teacher;
  const double teacher = has_teacher && recipe.stages.count > 1 ? encoder_weights(model, depth) : 0;
  double bytes = 4 * (4 * student + teacher);
  if (recipe.length.total_steps == 0 || recipe.length.total_epochs == 0) return bytes;

  const double kept = number(masking::kept_patches(model.patches(), recipe.mask.ratio));
  const double element = recipe.train.precision == runtime::PrecisionRequest::fp32 ? 4 : 2;
  const double sample =
      activations(kept + 1, number(model.width), number(depth), model.mlp_ratio, element) +
      activations(number(model.patches() + 1), decoder_width, decoder_depth, model.mlp_ratio,
                  element) +
      5.0 * number(model.image_size.height * model.image_size.width * model.channels);
  return bytes + sample * number(recipe.train.batch_size);
}

void check_memory(const Recipe& recipe, std::int64_t machine_bytes) {
  const double needed = least_memory_bytes(recipe);
  if (needed <= number(machine_bytes)) return;
  throw UsageError(fmt::format(
      "[recipe] the run needs at least {:.3g} GB of memory (train.batch_size {}, model.width {}, "
      "model.depth {}), this machine has {:.3g} GB; lower train.batch_size and raise "
      "train.accumulate by the same factor, or choose a smaller model",
      needed / 1e9, recipe.train.batch_size, recipe.model.width, recipe.model.depth,
      number(machine_bytes) / 1e9));
}

}  // namespace dbot::run
