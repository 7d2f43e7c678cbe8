#include <ATen/core/Tensor.h>
#include <ATen/ops/stack.h>

#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/augment/mixing.h"
#include "dbot/methods/mixing_draws.h"
#include "tests/golden/siamese/moco_step.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// Un-Mix' mixture of the file: of all pixels, or of a box given by its first and last rows and
/// columns.
data::Mix recorded_mix(const Fixture& fixture, const char* share, Comparison& comparison) {
  const auto size = fixture.config.at("size").get<std::int64_t>();
  if (!fixture.has("bbox")) return {fixture.at(share).item<double>(), std::nullopt};
  const auto* box = fixture.at("bbox").const_data_ptr<std::int64_t>();
  const auto whole = [](std::int64_t value) { return static_cast<int>(value); };
  const data::Mix mix = data::cutmix(
      {whole(box[0]), whole(box[1]), whole(box[2] - box[0]), whole(box[3] - box[1])}, {size, size});
  comparison.number("share of the box", mix.kept, fixture.at(share).item<double>(), 1e-12);
  return mix;
}

/// What the file calls the terms of a loss, in our order.
std::vector<std::string> logit_names(const std::string& method) {
  if (method != "both") return {"logits", "logits_mixed", "logits_mixed_flip"};
  return {"logits", "logits_unmix", "logits_unmix_flip", "logits_mask", "logits_mask_flip"};
}

/// Draws of the recorded step; `config` learns how it mixes.
methods::StepDraws recorded_draws(const Fixture& fixture, methods::SiameseConfig& config,
                                  Comparison& comparison) {
  using methods::SiameseMixing;
  const auto method = fixture.config.at("method").get<std::string>();
  methods::StepDraws draws;
  draws["key_order"] = fixture.at("key_shuffle").unsqueeze(0);
  const at::Tensor mask = fixture.at("input.mask").unsqueeze(0);
  // The files of Un-Mix have a mask, too, which their loss does not use.
  comparison.elements("lam_mask", mask.to(at::kDouble).mean(), element_limits::value);
  if (method == "mixmask") {
    config.mixing = SiameseMixing::mixmask;
    draws["mask"] = mask;
  } else if (method == "both") {
    config.mixing = SiameseMixing::both;
    draws["mask"] = mask;
    draws["mask_partner"] = fixture.at("perm_mask");
    draws["mixing"] = methods::mixing_tensor(recorded_mix(fixture, "lam_unmix", comparison));
  } else {
    config.mixing = SiameseMixing::unmix;
    draws["mixing"] = methods::mixing_tensor(recorded_mix(fixture, "lam", comparison));
  }
  return draws;
}

void compare_mixed(const Fixture& fixture, const methods::SiameseForward& forward,
                   Comparison& comparison) {
  const bool both = fixture.has("mixed_mask");
  for (const methods::MixedView& mixed : forward.mixed) {
    comparison.elements(both ? "mixed_" + mixed.name : "mixed", mixed.images,
                        element_limits::value);
    const std::string share = both ? "lam_" + mixed.name : "lam";
    comparison.elements(share, mixed.share, element_limits::value);
  }
}

}  // namespace

void check_mixmask_moco(const Fixture& fixture, Comparison& comparison) {
  methods::SiameseConfig config = moco_config(fixture);
  const methods::StepDraws draws = recorded_draws(fixture, config, comparison);
  const methods::SiameseNetworks networks = read_moco(fixture, config);
  const methods::SiameseForward forward = moco_step(fixture, config, networks, draws);
  compare_mixed(fixture, forward, comparison);
  const auto names = logit_names(fixture.config.at("method").get<std::string>());
  comparison.truth("as many terms", names.size() == forward.terms.size());
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i < forward.terms.size(); ++i) {
    comparison.elements(names.at(i), forward.terms[i].logits, element_limits::value);
    parts.push_back(forward.terms[i].loss.detach());
  }
  comparison.elements("loss_parts", at::stack(parts), element_limits::loss);
  compare_moco(fixture, forward, networks, comparison);
}

}  // namespace dbot::golden
