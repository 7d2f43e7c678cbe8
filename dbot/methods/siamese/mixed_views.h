#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "dbot/methods/draws.h"
#include "dbot/methods/siamese/siamese_config.h"

namespace dbot::methods {

/// A view of which a part is somebody else's.
struct MixedView {
  std::string name;    // "unmix", "mask"
  at::Tensor images;   // [batch, channels, height, width]
  at::Tensor share;    // float32 scalar: of an image itself
  at::Tensor partner;  // int64 [batch]: whose pixels an image has; undefined: nobody's
};

/// What the draws of a step make of a view, Un-Mix first. view: normalised float32. The share of a
/// mask is the mean of its pixels. docs/methods/siamese.md §3 to §6.
std::vector<MixedView> mixed_views(const at::Tensor& view, const StepDraws& draws, MaskFill fill);

/// mask · view + (1 − mask) · filling. mask: [1 or channels, height, width].
at::Tensor fill_holes(const at::Tensor& view, const at::Tensor& mask, const at::Tensor& filling);

/// The place of each image's pixels among the partners: at i, of the mixed image that shows image i
/// in its holes.
at::Tensor holders_of(const at::Tensor& partner);

}  // namespace dbot::methods
