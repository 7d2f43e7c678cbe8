#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include <string>
#include <utility>

#include "dbot/methods/siamese/mixed_views.h"
#include "dbot/objectives/contrastive.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

void compare_pair_loss(const Fixture& fixture, const std::string& name,
                       const objectives::PairLossConfig& pair, Comparison& comparison) {
  const auto leaf = [&](const char* tensor) {
    return fixture.at(tensor).clone().requires_grad_(true);
  };
  const at::Tensor first = leaf("emb.z1"), mixed = leaf("emb.zm");
  const at::Tensor& target = fixture.at("emb.z2");
  const auto share = fixture.config.at("lam").get<double>();
  const at::Tensor base = objectives::pair_loss(first, target, pair);
  const at::Tensor own = objectives::pair_loss(mixed, target, pair);
  const at::Tensor others = objectives::pair_loss(mixed.flip(0), target, pair);
  const at::Tensor loss = base + share * own + (1 - share) * others;
  comparison.elements("loss_parts_" + name, at::stack({base, own, others}), element_limits::loss);
  comparison.elements("loss_" + name, loss, element_limits::loss);
  loss.backward();
  comparison.gradient("grad_" + name + ".z1", first.grad(), element_limits::gradient);
  comparison.gradient("grad_" + name + ".zm", mixed.grad(), element_limits::gradient);
}

/// A mask of the file, [planes, height, width], and what a view becomes by it.
void compare_fill(const Fixture& fixture, const std::string& result, const char* mask,
                  methods::MaskFill fill, Comparison& comparison) {
  const methods::StepDraws draws{{"mask", fixture.at(mask).squeeze(0)},
                                 {"fill_noise", fixture.at("fill.noise")}};
  const auto mixed = methods::mixed_views(fixture.at("fill.x"), draws, fill);
  comparison.elements(result, mixed.at(0).images, element_limits::value);
}

}  // namespace

void check_mixmask_frameworks(const Fixture& fixture, Comparison& comparison) {
  using objectives::PairLoss;
  const auto temperature = fixture.config.at("T").get<double>();
  const auto off_diagonal = fixture.config.at("barlow_lambda").get<double>();
  for (const auto& [name, kind] :
       {std::pair{"simclr", PairLoss::nt_xent}, std::pair{"byol", PairLoss::regression},
        std::pair{"simsiam", PairLoss::negative_cosine},
        std::pair{"barlow", PairLoss::barlow_twins}}) {
    compare_pair_loss(fixture, name,
                      {.kind = kind, .temperature = temperature, .off_diagonal = off_diagonal},
                      comparison);
  }
  using methods::MaskFill;
  compare_fill(fixture, "fill.image", "fill.mask", MaskFill::image, comparison);
  compare_fill(fixture, "fill.zero", "fill.mask", MaskFill::zero, comparison);
  compare_fill(fixture, "fill.noise_out", "fill.mask", MaskFill::noise, comparison);
  compare_fill(fixture, "fill.channelwise_noise", "fill.mask_channelwise", MaskFill::noise,
               comparison);
}

}  // namespace dbot::golden
