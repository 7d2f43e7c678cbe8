#include "dbot/methods/masked_modeling.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/data/normalise.h"
#include "dbot/methods/drop_path_draws.h"
#include "dbot/methods/state_names.h"
#include "dbot/ops/patchify.h"

namespace dbot::methods {

MaskedModeling::MaskedModeling(MaskedModelingConfig config) : config_(std::move(config)) {}

bool MaskedModeling::predicts_features() const {
  return config_.objective.target == objectives::TargetKind::teacher;
}

nn::EncoderConfig MaskedModeling::student_config(std::int64_t stage) const {
  nn::EncoderConfig encoder = config_.encoder;
  if (!config_.student_depth.empty()) {
    encoder.depth = config_.student_depth.at(static_cast<std::size_t>(stage));
  }
  return encoder;
}

void MaskedModeling::make_student(std::int64_t stage) {
  nn::MaskedAutoencoderConfig shape;
  shape.encoder = student_config(stage);
  shape.decoder = config_.decoder;
  shape.prediction_width = predicts_features() ? teacher_network_.config.width
                                               : shape.encoder.channels * shape.encoder.patch_size *
                                                     shape.encoder.patch_size;
  shape.predictor_name = predicts_features() ? "decoder_predp" : "decoder_pred";
  auto parameters = std::make_shared<nn::ParameterStore>(nn::masked_autoencoder_parameters(shape));
  parameters->initialise(config_.seed, static_cast<std::uint32_t>(stage));
  if (config_.keep_patch_bias && student_) {
    const at::NoGradGuard no_grad;
    parameters->at("patch_embed.proj.bias")
        .copy_(student_->parameters()->at("patch_embed.proj.bias"));
  }
  student_ = std::make_unique<nn::MaskedAutoencoder>(shape, std::move(parameters));
}

void MaskedModeling::set_teacher(TeacherNetwork network) {
  teacher_network_ = std::move(network);
  teacher_ = std::make_unique<objectives::Teacher>(
      teacher_network_.config, teacher_network_.parameters, config_.teacher.final_norm);
}

void MaskedModeling::begin_stage(std::int64_t stage) {
  if (stage > 0 || !predicts_features()) {
    make_student(stage);
    return;
  }
  teacher_network_ = make_initial_teacher(config_.teacher, student_config(0), config_.seed);
  make_student(0);
  if (copies_student(config_.teacher, teacher_network_, student_config(0))) {
    teacher_network_.parameters->copy_from(student_->parameters()->named(), /*partial=*/true);
  }
  set_teacher(std::move(teacher_network_));
}

void MaskedModeling::end_stage(std::int64_t /*stage*/) {
  if (!predicts_features()) return;
  const nn::EncoderConfig& shape = student_->encoder().config();
  auto parameters = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(shape));
  parameters->copy_from(student_->parameters()->named());
  set_teacher({shape, std::move(parameters), config_.mean, config_.std});
}

std::vector<optim::ParameterGroup> MaskedModeling::parameter_groups(double weight_decay) {
  return optim::pretraining_groups(*student_->parameters(), weight_decay);
}

void MaskedModeling::zero_gradients() {
  student_->parameters()->zero_gradients();
}

StepDraws MaskedModeling::draw(const data::Batch& batch, const DrawContext& context) const {
  const auto stage = static_cast<std::uint32_t>(context.stage);
  const auto epoch = static_cast<std::uint32_t>(context.epoch);
  StepDraws draws;
  draws["mask_noise"] = masking::mask_noise(context.seed, stage, epoch, batch.sample_ids,
                                            student_->config().encoder.patches());
  if (config_.drop_path > 0) {
    const std::int64_t blocks = student_->config().encoder.depth + student_->config().decoder.depth;
    draws["drop_path"] = drop_path_draws(context.seed, stage, epoch, batch.sample_ids, 2 * blocks);
  }
  return draws;
}

at::Tensor MaskedModeling::target_of(const at::Tensor& pixels, const at::Tensor& images,
                                     at::ScalarType compute, const at::Tensor& rows) const {
  if (!predicts_features()) {
    // Rows count the cls token, which pixels do not have.
    return objectives::pixel_target(images, config_.encoder.patch_size,
                                    config_.objective.normalisation,
                                    rows.defined() ? rows - 1 : rows);
  }
  // A teacher from elsewhere sees the same crop, normalised the way it was trained with.
  const bool own = pixels.scalar_type() == at::kByte && !teacher_network_.mean.empty() &&
                   (teacher_network_.mean != config_.mean || teacher_network_.std != config_.std);
  const at::Tensor seen =
      own ? data::normalise(pixels, teacher_network_.mean, teacher_network_.std) : images;
  return teacher_->features(seen, compute, config_.objective.normalisation, rows);
}

at::Tensor MaskedModeling::normalised(const data::Batch& batch) const {
  const at::Tensor& pixels = batch.tensors.at("images");
  return pixels.scalar_type() == at::kByte ? data::normalise(pixels, config_.mean, config_.std)
                                           : pixels;
}

/// The tokens that the loss reads, int64 [batch, count]: cls where the target has one, then the
/// masked patches, of which each sample has as many.
at::Tensor MaskedModeling::loss_rows(const masking::Mask& mask) const {
  const std::int64_t batch = mask.mask.size(0);
  at::Tensor masked = at::nonzero(mask.mask).select(1, 1).view({batch, -1}) + 1;
  if (!predicts_features()) return masked;
  return at::cat({at::zeros({batch, 1}, masked.options()), masked}, 1);
}

MaskedModeling::Forward MaskedModeling::forward(const data::Batch& batch, const StepDraws& draws,
                                                runtime::Precision precision, Extent extent) const {
  const at::ScalarType compute = runtime::compute_type(precision);
  const at::Tensor& pixels = batch.tensors.at("images");
  const at::Tensor images = normalised(batch);
  const nn::MaskedAutoencoderConfig& shape = student_->config();
  const auto [encoder_drop, decoder_drop] =
      split_drop_path(config_.drop_path, draws, shape.encoder.depth, shape.decoder.depth);

  Forward result;
  result.mask = masking::random_mask(
      draws.at("mask_noise"), masking::kept_patches(shape.encoder.patches(), config_.mask.ratio));
  const at::Tensor rows = extent == Extent::loss_tokens ? loss_rows(result.mask) : at::Tensor();
  result.target = target_of(pixels, images, compute, rows);
  result.latent = student_->encode(images, result.mask.ids_keep, compute, encoder_drop);
  result.prediction =
      student_->decode(result.latent, result.mask.ids_restore, compute, decoder_drop, rows);
  if (extent == Extent::loss_tokens) {
    result.loss = objectives::token_loss(result.prediction, result.target, config_.loss).mean();
    return result;
  }

  // The cls token is always a loss position where the target has one.
  at::Tensor prediction = result.prediction;
  at::Tensor mask = result.mask.mask;
  if (predicts_features()) {
    mask = at::cat({at::ones({mask.size(0), 1}, mask.options()), mask}, 1);
  } else {
    prediction = prediction.narrow(1, 1, shape.encoder.patches());
  }
  result.loss = objectives::masked_mean(
      objectives::token_loss(prediction, result.target, config_.loss), mask);
  return result;
}

StepResult MaskedModeling::training_step(const data::Batch& batch, const StepDraws& draws,
                                         const StepContext& context) {
  return {forward(batch, draws, context.precision, Extent::loss_tokens).loss, {}};
}

nn::NamedTensors MaskedModeling::state() const {
  nn::NamedTensors state = with_prefix("student.", student_->parameters()->named());
  if (teacher_) {
    state.merge(with_prefix("teacher.", teacher_->parameters().named()));
    state["teacher.description"] =
        description_tensor({teacher_network_.config, teacher_network_.mean, teacher_network_.std});
  }
  return state;
}

void MaskedModeling::load_state(std::int64_t stage, const nn::NamedTensors& state) {
  if (predicts_features()) {
    const nn::NamedTensors tensors = without_prefix("teacher.", state);
    const auto description = tensors.find("description");
    if (description == tensors.end()) {
      throw DataError(
          "[masked_modeling] the stored state has no teacher; was it another method's?");
    }
    const exchange::EncoderDescription teacher = description_of(description->second);
    auto parameters = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(teacher.config));
    parameters->copy_from(tensors);
    set_teacher({teacher.config, std::move(parameters), teacher.mean, teacher.std});
  }
  make_student(stage);
  student_->parameters()->copy_from(without_prefix("student.", state));
}

std::optional<MaskedPrediction> MaskedModeling::predict_masked(const data::Batch& batch,
                                                               const DrawContext& context,
                                                               runtime::Precision precision) const {
  const at::NoGradGuard no_grad;
  StepDraws draws = draw(batch, context);
  draws.erase("drop_path");
  const Forward found = forward(batch, draws, precision);
  const at::Tensor& pixels = batch.tensors.at("images");
  MaskedPrediction result;
  result.images = pixels.scalar_type() == at::kByte
                      ? data::normalise(pixels, config_.mean, config_.std)
                      : pixels;
  result.mask = found.mask.mask;
  result.has_cls = predicts_features();
  result.prediction = predicts_features()
                          ? found.prediction
                          : found.prediction.narrow(1, 1, student_->config().encoder.patches());
  result.target = found.target;
  result.loss = config_.loss;
  result.pixels = !predicts_features();
  result.standardised = config_.objective.normalisation != objectives::Normalisation::none;
  result.patch_size = config_.encoder.patch_size;
  result.mean = config_.mean;
  result.std = config_.std;
  return result;
}

double MaskedModeling::flops_per_image() const {
  const auto blocks = [](double tokens, double width, double depth, double mlp_ratio) {
    return depth * (tokens * (4 + 2 * mlp_ratio) * width * width + 2 * tokens * tokens * width);
  };
  const nn::MaskedAutoencoderConfig& shape = student_->config();
  const nn::EncoderConfig& encoder = shape.encoder;
  const double patches = static_cast<double>(encoder.patches());
  const double kept =
      static_cast<double>(masking::kept_patches(encoder.patches(), config_.mask.ratio));
  const auto patch_values = [](const nn::EncoderConfig& network) {
    return static_cast<double>(network.channels * network.patch_size * network.patch_size);
  };
  const double width = static_cast<double>(encoder.width);
  const double decoder_width = static_cast<double>(shape.decoder.width);
  double student = kept * patch_values(encoder) * width;
  student += blocks(kept + 1, width, static_cast<double>(encoder.depth), encoder.mlp_ratio);
  student += (kept + 1) * width * decoder_width;
  student += blocks(patches + 1, decoder_width, static_cast<double>(shape.decoder.depth),
                    encoder.mlp_ratio);
  student += (patches + 1) * decoder_width * static_cast<double>(shape.prediction_width);
  double teacher = 0;
  if (predicts_features()) {
    const nn::EncoderConfig& network = teacher_network_.config;
    teacher = patches * patch_values(network) * static_cast<double>(network.width);
    teacher += blocks(patches + 1, static_cast<double>(network.width),
                      static_cast<double>(network.depth), network.mlp_ratio);
  }
  return 2.0 * (3.0 * student + teacher);
}

}  // namespace dbot::methods
