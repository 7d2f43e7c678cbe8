// What a siamese system shows of itself: its backbone as a file, its size, and what a step
// computes. Its pictures are in siamese_gallery.cpp.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <utility>

#include "dbot/exchange/convolution/convolution_description.h"
#include "dbot/methods/siamese/convolution_costs.h"
#include "dbot/methods/siamese/siamese.h"
#include "dbot/methods/surroundings.h"

namespace dbot::methods {

std::string Siamese::describe_backbone() const {
  return exchange::to_json(
      exchange::ConvolutionDescription{.config = convolution_config(config_.network),
                                       .mean = config_.mean,
                                       .std = config_.std,
                                       .value_range = config_.value_range});
}

BackboneFile Siamese::backbone_file() const {
  BackboneFile file{describe_backbone(), {}};
  const nn::ParameterStore& trained = networks_->trained();
  for (const auto& spec : nn::convolution_tensors(convolution_config(config_.network))) {
    file.tensors.emplace(spec.name, trained.at(spec.name).detach().to(at::kFloat));
  }
  file.tensors = runtime::on_host(std::move(file.tensors));
  return file;
}

ModelFacts Siamese::facts() const {
  ModelFacts::Part encoder{.name = "encoder"}, head{.name = "head"},
      keys{.name = "key encoder", .frozen = true};
  for (const auto& spec : networks_->trained().specs()) {
    if (!spec.trainable()) continue;
    const bool of_head = spec.name.starts_with("fc") || spec.name.starts_with("predictor");
    (of_head ? head : encoder).parameters += networks_->trained().at(spec.name).numel();
  }
  ModelFacts facts{.parts = {encoder, head}};
  if (const nn::ParameterStore* store = networks_->keys_store()) {
    keys.parameters = store->parameter_count();
    facts.parts.push_back(keys);
  }
  if (config_.loss == SiameseLoss::moco) {
    facts.rows.emplace_back("queue",
                            fmt::format("{} keys of {}", config_.queue, config_.head_width));
  }
  return facts;
}

/// Backward passes count twice a forward one; keys have none.
Cost Siamese::cost() const {
  const double forward = convolution_multiply_adds(convolution_config(config_.network));
  const double directions = config_.symmetric ? 2 : 1;
  const double learning = 1 + (config_.unmixes() ? 1 : 0) + (config_.masks() ? 1 : 0);
  const bool both_learn =
      config_.loss == SiameseLoss::simclr || config_.loss == SiameseLoss::barlow_twins;
  const double passes = directions * 3 * learning + (both_learn ? 3 : directions);
  return {.operations = 2.0 * passes * forward};
}

void Siamese::visit_step(const data::Batch& batch, const StepDraws& draws,
                         runtime::Precision precision, const StepVisitor& visit) const {
  if (!batch.tensors.contains(kFurtherViews)) return;
  const at::NoGradGuard no_grad;
  const runtime::NamedTensors there =
      runtime::move_to(batch.tensors, networks_->trained().device());
  const at::ScalarType compute = runtime::compute_type(precision);
  const at::Tensor first = seen_view(there.at("images"), config_);
  const at::Tensor second = seen_view(there.at(kFurtherViews).select(1, 0), config_);
  visit("encoder", "the features of the first view",
        networks_->backbone().pooled(first, compute, nn::NormMode::batch));
  visit("encoder", "the embedding of the first view",
        networks_->embed(first, compute, nn::NormMode::batch));
  const SiameseForward forward =
      siamese_forward(config_, *networks_, first, second, draws, compute, nn::NormMode::batch);
  if (forward.keys.defined()) visit("keys", "the keys", forward.keys);
  for (const SiameseTerm& term : forward.terms) visit("loss", "the term " + term.name, term.loss);
  visit("loss", "the loss", forward.loss);
}

}  // namespace dbot::methods
