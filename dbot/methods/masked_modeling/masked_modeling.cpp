#include "dbot/methods/masked_modeling/masked_modeling.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/masking/block_mask.h"
#include "dbot/methods/drop_path_draws.h"
#include "dbot/methods/masked_modeling/teacher_pixels.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "dbot/runtime/finite.h"

namespace dbot::methods {

MaskedModeling::MaskedModeling(MaskedModelingConfig config) : config_(std::move(config)) {
  enter_stage(0);
  // Whether such weights and such a teacher fit shows only when they are there.
  start_.read(config_, 0);
  if (predicts_features() && config_.teacher.has_own_shape()) make_teacher();
}

std::unique_ptr<MaskedModeling> MaskedModeling::to_be_loaded(MaskedModelingConfig config) {
  std::unique_ptr<MaskedModeling> method(new MaskedModeling);
  method->config_ = std::move(config);
  method->enter_stage(0);
  return method;
}

void MaskedModeling::enter_stage(std::int64_t stage) {
  objective_ = stage_objective(config_, stage);
}

/// The teacher is a moving average of the student.
bool MaskedModeling::averages_student() const {
  return predicts_features() && config_.teacher.update == objectives::TeacherUpdate::step;
}

void MaskedModeling::make_teacher() {
  teacher_network_ =
      make_initial_teacher(config_.teacher, encoder_config(0), config_.seed, config_.device);
  if (objective_.cls_in_loss() && !teacher_network_.config.class_token) {
    throw UsageError({.operation = "teacher",
                      .subject = config_.teacher.path,
                      .fault = Fault::mismatch,
                      .reason = "has no class token that could be predicted",
                      .way_out = "set objective.cls = false"});
  }
}

void MaskedModeling::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
}

nn::EncoderConfig MaskedModeling::encoder_config(std::int64_t stage) const {
  nn::EncoderConfig encoder = config_.encoder;
  if (!config_.student_depth.empty()) {
    encoder.depth = config_.student_depth.at(static_cast<std::size_t>(stage));
  }
  return encoder;
}

void MaskedModeling::renew_student(std::int64_t stage) {
  stage_ = stage;
  StudentConfig shape{.kind = config_.student,
                      .encoder = encoder_config(stage),
                      .decoder = config_.decoder,
                      .prediction_width = 0,
                      .predicts_features = predicts_features(),
                      .head = config_.head,
                      .learned_positions = config_.learned_positions};
  if (averages_student()) {
    shape.prediction_width = shape.encoder.width;
  } else if (predicts_features()) {
    shape.prediction_width = teacher_network_.config.output_width();
  } else {
    shape.prediction_width =
        shape.encoder.channels * shape.encoder.patch_size * shape.encoder.patch_size;
  }
  auto parameters = std::make_shared<nn::ParameterStore>(student_parameters(shape), config_.device);
  parameters->initialise(config_.seed, static_cast<std::uint32_t>(stage));
  if (config_.keep_patch_bias && student_) {
    const at::NoGradGuard no_grad;
    parameters->at("patch_embed.proj.bias")
        .copy_(student_->parameters()->at("patch_embed.proj.bias"));
  }
  student_ = make_student(shape, std::move(parameters));
}

/// A stage's student: its draw, then the weights that it begins with.
void MaskedModeling::begin_student(std::int64_t stage) {
  start_.read(config_, stage);
  renew_student(stage);
  start_.give(config_, stage, *student_->parameters(), teacher_network_.parameters.get());
}

void MaskedModeling::set_teacher(TeacherNetwork network) {
  for (const auto& [name, tensor] : network.parameters->named()) {
    if (runtime::all_finite(tensor)) continue;
    throw Error({.operation = "teacher",
                 .subject = name,
                 .fault = Fault::corrupt,
                 .reason = "holds values that are not finite, expected numbers",
                 .way_out = "go on from an earlier checkpoint, or take another teacher"});
  }
  teacher_network_ = std::move(network);
  // A student may have fewer blocks than the first teacher's that were averaged.
  objectives::FeatureConfig features = config_.teacher.features;
  features.mean_of_blocks =
      std::min(features.mean_of_blocks, std::max<std::int64_t>(1, teacher_network_.config.depth));
  teacher_ = std::make_unique<objectives::Teacher>(teacher_network_.config,
                                                   teacher_network_.parameters, features);
}

void MaskedModeling::begin_stage(std::int64_t stage) {
  enter_stage(stage);
  if (averages_student()) {
    begin_student(stage);
    make_student_the_teacher();
    return;
  }
  if (stage > 0 || !predicts_features()) return begin_student(stage);
  if (!teacher_network_.parameters) make_teacher();
  begin_student(0);
  if (copies_student(config_.teacher, teacher_network_, encoder_config(0))) {
    teacher_network_.parameters->copy_from(student_->parameters()->named(), /*partial=*/true);
  }
  set_teacher(std::move(teacher_network_));
}

void MaskedModeling::end_stage(std::int64_t stage) {
  if (!stage_objective(config_, stage + 1).predicts_features()) {
    teacher_.reset();
    teacher_network_ = {};
    return;
  }
  // The next stage's average begins with its own student.
  if (!averages_student()) make_student_the_teacher();
}

void MaskedModeling::after_step(const StepContext& context) {
  if (!averages_student()) return;
  teacher_network_.parameters->lerp_from(*student_->parameters(), 1 - config_.teacher.momentum,
                                         context.skipped);
}

/// An average follows all that is trained of the student, position tables too.
std::shared_ptr<nn::ParameterStore> MaskedModeling::teacher_store(
    const nn::EncoderConfig& shape) const {
  std::vector<nn::ParameterSpec> specs = nn::encoder_parameters(shape);
  for (nn::ParameterSpec& spec : specs) {
    if (config_.learned_positions && spec.name == "pos_embed") spec.role = nn::Role::trained;
  }
  return std::make_shared<nn::ParameterStore>(std::move(specs), config_.device);
}

void MaskedModeling::make_student_the_teacher() {
  const nn::EncoderConfig& shape = student_->encoder().config();
  auto parameters = teacher_store(shape);
  parameters->copy_from(student_->parameters()->named());
  set_teacher({.config = shape,
               .parameters = std::move(parameters),
               .mean = config_.mean,
               .std = config_.std,
               .origins = origins()});
}

std::vector<optim::ParameterGroup> MaskedModeling::parameter_groups(double weight_decay) {
  nn::ParameterStore& parameters = *student_->parameters();
  const double factor = config_.start.lr_factor;
  if (factor == 1) return optim::pretraining_groups(parameters, weight_decay);
  std::set<std::string, std::less<>> encoder;
  for (const auto& spec : nn::encoder_parameters(student_->encoder().config())) {
    encoder.insert(spec.name);
  }
  return optim::pretraining_groups(
      parameters, weight_decay,
      {.is_for = [&encoder](std::string_view name) { return encoder.contains(name); },
       .scale = config_.starts_from_weights(stage_) ? factor : 1});
}

StepDraws MaskedModeling::draw(const data::Batch& batch, const DrawContext& context) const {
  const auto stage = static_cast<std::uint32_t>(context.stage);
  const auto epoch = static_cast<std::uint32_t>(context.epoch);
  const nn::EncoderConfig& encoder = student_->encoder().config();
  StepDraws draws;
  if (config_.mask.kind == masking::MaskKind::block) {
    draws["mask"] =
        masking::block_masks(context.seed, stage, epoch, batch.sample_ids, encoder.grid(),
                             masking::block_config(config_.mask, encoder.patches()));
  } else {
    draws["mask_noise"] =
        masking::mask_noise(context.seed, stage, epoch, batch.sample_ids, encoder.patches());
  }
  if (config_.drop_path > 0) {
    draws["drop_path"] =
        drop_path_draws(context.seed, stage, epoch, batch.sample_ids, student_->drop_path_rows());
  }
  return draws;
}

masking::Mask MaskedModeling::mask_of(const StepDraws& draws) const {
  const std::int64_t patches = student_->encoder().config().patches();
  if (const auto mask = draws.find("mask"); mask != draws.end()) {
    if (config_.student == StudentKind::symmetric) return {{}, {}, mask->second};
    return mask->second.is_cpu() ? masking::mask_as_given(mask->second)
                                 : masking::mask_as_given(mask->second, masking::visible_patches(
                                                                            config_.mask, patches));
  }
  return masking::random_mask(draws.at("mask_noise"),
                              masking::visible_patches(config_.mask, patches));
}

LossTokens MaskedModeling::read_tokens(const masking::Mask& mask) const {
  const bool with_cls = objective_.cls_in_loss();
  if (mask.ids_keep.defined()) return loss_tokens(mask.mask, hidden_patches(mask), with_cls);
  if (mask.mask.is_cpu()) return loss_tokens(mask.mask, with_cls);
  // Nobody looks at a mask on a device, and shapes are the same in each step.
  return loss_tokens(mask.mask, hidden_patches(config_.mask, mask.mask.size(1)), with_cls);
}

at::Tensor MaskedModeling::target_of(const ops::Images& images,
                                     objectives::Normalisation normalisation,
                                     at::ScalarType compute, const at::Tensor& rows) const {
  if (!predicts_features()) {
    // Rows count the cls token, which pixels do not have.
    return objectives::pixel_target(images, config_.encoder.patch_size, normalisation,
                                    rows.defined() ? rows - 1 : rows);
  }
  // A teacher from elsewhere sees the same crop, normalised the way it was trained with.
  const ops::Images seen =
      renormalised(images, {config_.mean, config_.std},
                   {teacher_network_.mean, teacher_network_.std}, teacher_scales_);
  return teacher_->features(seen, compute, normalisation, rows);
}

ops::Images MaskedModeling::seen_images(const data::Batch& batch) const {
  const at::Tensor& pixels = batch.tensors.at("images");
  if (pixels.scalar_type() != at::kByte) return pixels;
  return scales_.images(pixels, config_.mean, config_.std);
}

MaskedModeling::Forward MaskedModeling::forward(const data::Batch& batch, const StepDraws& draws,
                                                runtime::Precision precision, Extent extent) const {
  const at::ScalarType compute = runtime::compute_type(precision);
  const ops::Images seen = seen_images(batch);
  const nn::DropPath drop_path = drop_path_of(draws, config_.drop_path);

  Forward result;
  result.mask = mask_of(draws);
  const LossTokens tokens = extent == Extent::loss_tokens
                                ? read_tokens(result.mask)
                                : all_tokens(result.mask.mask, objective_.cls_in_loss());
  // Where the loss reads all that is predicted, it standardises the target itself.
  const bool in_one_pass = !tokens.weights.defined();
  const objectives::Normalisation normalisation = objective_.target.normalisation;
  const bool by_loss = in_one_pass && objectives::is_standardised(normalisation);
  result.target = target_of(seen, by_loss ? objectives::Normalisation::none : normalisation,
                            compute, tokens.rows);
  Student::Prediction predicted =
      student_->predict(seen, result.mask, compute, drop_path, tokens.rows);
  result.latent = std::move(predicted.latent);
  result.prediction = std::move(predicted.values);
  if (in_one_pass) {
    result.loss =
        ops::mean_token_loss(result.prediction, result.target, objective_.loss,
                             by_loss ? ops::TargetScale::standardised : ops::TargetScale::as_it_is);
    return result;
  }
  // Pixels have no cls token.
  const bool without_cls = extent == Extent::all_tokens && !predicts_features();
  const auto counted = [&](const at::Tensor& all) { return without_cls ? all.slice(1, 1) : all; };
  const at::Tensor losses =
      objectives::token_loss(counted(result.prediction), result.target, objective_.loss);
  result.loss = objectives::masked_mean(losses, counted(tokens.weights));
  return result;
}

StepResult MaskedModeling::training_step(const data::Batch& batch, const StepDraws& draws,
                                         const StepContext& context) {
  return {forward(batch, draws, context.precision, Extent::loss_tokens).loss, {}};
}

}  // namespace dbot::methods
