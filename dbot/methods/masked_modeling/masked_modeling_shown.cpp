// What masked modelling shows of itself: its backbone as a file, its size, its predictions, and
// what a step computes.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "dbot/data/move_batch.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/state_names.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::methods {
namespace {

/// As the recipe gives it, by ratio or by number.
double masked_share(const masking::MaskConfig& mask, std::int64_t patches) {
  if (mask.count <= 0) return mask.ratio;
  return static_cast<double>(mask.count) / static_cast<double>(patches);
}

}  // namespace

std::string MaskedModeling::describe_backbone() const {
  return exchange::to_json({.config = student_->encoder().config(),
                            .mean = config_.mean,
                            .std = config_.std,
                            .value_range = config_.value_range,
                            .origins = origins()});
}

BackboneFile MaskedModeling::backbone_file() const {
  return {describe_backbone(),
          exchange::encoder_tensors(student_->encoder().config(),
                                    runtime::on_host(student_->parameters()->named()))};
}

exchange::NetworkWeights MaskedModeling::whole_network() const {
  const bool pixels = !predicts_features();
  const bool symmetric = config_.student == StudentKind::symmetric;
  exchange::NetworkWeights network;
  network.description = {student_->encoder().config(), config_.mean, config_.std,
                         config_.value_range, origins()};
  network.parameters = runtime::on_host(student_->parameters()->named());
  network.decoder = exchange::DecoderDescription{
      .config = config_.decoder,
      .predictor_name = symmetric ? "lm_head"
                        : pixels  ? "decoder_pred"
                                  : "decoder_predp",
      .mask_ratio = masked_share(config_.mask, config_.encoder.patches()),
      .normalised_pixels = pixels && objectives::is_standardised(objective_.target.normalisation)};
  return network;
}

/// "FILE; positions of 14×14 patches resized to 8×8; its rate × 0.1".
std::string MaskedModeling::start_text() const {
  const StudentStartConfig& start = config_.start;
  // A run that goes on has not read the file again.
  std::string text = start_.told().empty() ? config_.start_path() : start_.told();
  if (start.lr_factor != 1) text += fmt::format("; rate × {:g}", start.lr_factor);
  if (config_.stages > 1) {
    const bool all = start.stages == InitStages::all;
    text += !all                                 ? "; in the first stage"
            : start.init == StudentInit::teacher ? "; then each stage's teacher"
                                                 : "; in all stages";
  }
  return text;
}

ModelFacts MaskedModeling::facts() const {
  ModelFacts::Part encoder{.name = "encoder"}, decoder{.name = "decoder"},
      teacher{.name = "teacher", .frozen = true};
  for (const auto& [name, tensor] : student_->parameters()->named()) {
    const bool of_decoder = name.starts_with("decoder") || name == "mask_token";
    (of_decoder ? decoder : encoder).parameters += tensor.numel();
  }
  if (teacher_) {
    for (const auto& [name, tensor] : teacher_->parameters().named()) {
      teacher.parameters += tensor.numel();
    }
  }
  const std::int64_t patches = student_->encoder().config().patches();
  ModelFacts facts{.parts = {encoder, decoder, teacher},
                   .tokens = patches + 1,
                   .visible_tokens = masking::visible_patches(config_.mask, patches) + 1};
  for (const StageObjective& objective : stage_objectives(config_)) {
    facts.objectives.push_back(in_words(objective));
  }
  const std::string& rule = teacher_network_.channels_rule;
  if (!rule.empty()) facts.rows.emplace_back("teacher", rule);
  if (!config_.start_path().empty()) facts.rows.emplace_back("start", start_text());
  return facts;
}

Cost MaskedModeling::cost() const {
  const std::int64_t patches = student_->encoder().config().patches();
  const double student =
      student_->multiply_adds(static_cast<double>(masking::visible_patches(config_.mask, patches)));
  double teacher = 0;
  if (predicts_features()) {
    const nn::EncoderConfig& network = teacher_network_.config;
    teacher =
        embedding_multiply_adds(network, static_cast<double>(patches)) +
        block_multiply_adds(static_cast<double>(patches) + 1, static_cast<double>(network.width),
                            static_cast<double>(network.depth), network.mlp_ratio);
  }
  return {.operations = 2.0 * (3.0 * student + teacher)};
}

MaskedPrediction MaskedModeling::predict_masked(const data::Batch& batch,
                                                const DrawContext& context,
                                                runtime::Precision precision) const {
  const at::NoGradGuard no_grad;
  const runtime::Device& device = student_->parameters()->device();
  StepDraws draws = runtime::move_to(draw(batch, context), device);
  draws.erase("drop_path");
  const data::Batch there = data::move_to(batch, device);
  const Forward found = forward(there, draws, precision);
  MaskedPrediction result;
  result.images = seen_images(there).seen();
  result.mask = found.mask.mask;
  result.has_cls = predicts_features();
  result.cls_in_loss = objective_.cls_in_loss();
  result.prediction = predicts_features() ? found.prediction : found.prediction.slice(1, 1);
  result.target = found.target;
  result.loss = objective_.loss;
  result.pixels = !predicts_features();
  result.standardised = objective_.target.normalisation != objectives::Normalisation::none;
  result.patch_size = config_.encoder.patch_size;
  result.mean = config_.mean;
  result.std = config_.std;
  return on_host(std::move(result));
}

void MaskedModeling::visit_step(const data::Batch& batch, const StepDraws& draws,
                                runtime::Precision precision, const StepVisitor& visit) const {
  const at::NoGradGuard no_grad;
  const runtime::Device& device = student_->parameters()->device();
  const data::Batch there = data::move_to(batch, device);
  const Forward whole = forward(there, runtime::move_to(draws, device), precision);
  visit("target", "the target", whole.target);
  student_->visit_layers(seen_images(there), whole.mask, runtime::compute_type(precision), visit);
  visit("prediction", "the prediction", whole.prediction);
  visit("prediction", "the loss", whole.loss);
}

}  // namespace dbot::methods
