#include "dbot/methods/siamese/mixed_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "dbot/data/augment/mixing.h"
#include "dbot/methods/mixing_draws.h"

namespace dbot::methods {
namespace {

/// batch − 1, …, 1, 0.
at::Tensor reversed_order(const at::Tensor& view) {
  return at::arange(view.size(0) - 1, -1, -1,
                    at::TensorOptions().dtype(at::kLong).device(view.device()));
}

MixedView unmixed_view(const at::Tensor& view, const StepDraws& draws) {
  const data::Mix mix = drawn_mix(draws);
  at::Tensor images = view.clone();
  data::mix_images(images, mix);
  return {"unmix", images, at::full({}, mix.kept, view.options()), reversed_order(view)};
}

MixedView masked_view(const at::Tensor& view, const StepDraws& draws, MaskFill fill) {
  const at::Tensor mask = draws.at("mask").to(view.device());
  MixedView mixed{.name = "mask", .images = {}, .share = {}, .partner = {}};
  if (fill != MaskFill::image) {
    const at::Tensor filling = fill == MaskFill::zero ? at::zeros({}, view.options())
                                                      : draws.at("fill_noise").to(view.device());
    mixed.images = fill_holes(view, mask, filling);
    mixed.share = at::full({}, 1.0, view.options());
    return mixed;
  }
  const auto partner = draws.find("mask_partner");
  mixed.partner = partner == draws.end() ? reversed_order(view) : partner->second.to(view.device());
  mixed.images = fill_holes(view, mask, view.index_select(0, mixed.partner));
  mixed.share = mask.to(at::kDouble).mean().to(at::kFloat);
  return mixed;
}

}  // namespace

at::Tensor fill_holes(const at::Tensor& view, const at::Tensor& mask, const at::Tensor& filling) {
  return mask * view + (1 - mask) * filling;
}

at::Tensor holders_of(const at::Tensor& partner) {
  return partner.argsort();
}

std::vector<MixedView> mixed_views(const at::Tensor& view, const StepDraws& draws, MaskFill fill) {
  std::vector<MixedView> views;
  if (draws.contains("mixing")) views.push_back(unmixed_view(view, draws));
  if (draws.contains("mask")) views.push_back(masked_view(view, draws, fill));
  return views;
}

}  // namespace dbot::methods
