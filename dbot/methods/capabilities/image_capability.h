#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/methods/draws.h"
#include "dbot/methods/held_out.h"
#include "dbot/objectives/loss.h"
#include "dbot/runtime/precision.h"

namespace dbot::methods {

/// What a method predicts of masked images and what it should have: everything that pictures and
/// figures of it need. All tensors are on the host, and none has a graph.
struct MaskedPrediction {
  at::Tensor images;              // float32 [batch, channels, height, width], normalised
  at::Tensor mask;                // float32 [batch, patches]: 0 visible, 1 masked, in image order
  bool has_cls = false;           // the first token of prediction and target is the cls token
  at::Tensor prediction, target;  // float32 [batch, tokens, values]
  bool cls_in_loss = false;       // the cls token counts, beside the masked patches
  objectives::LossConfig loss;    // of a token

  bool pixels = false;        // the values are pixels, in the order of ops::patchify
  bool standardised = false;  // and standardised patch by patch
  std::int64_t patch_size = 0;
  std::vector<double> mean, std;  // pixel normalisation of `images`
};

/// The same with its tensors on the host.
MaskedPrediction on_host(MaskedPrediction prediction);

/// The method's loss of what it predicted, or of a `guess` [batch or 1, tokens or 1, values] in its
/// place: mean over the masked positions, and cls where it counts.
double masked_loss(const MaskedPrediction& prediction);
double masked_loss(const MaskedPrediction& prediction, const at::Tensor& guess);
/// How many positions the loss is a mean of.
double loss_positions(const MaskedPrediction& prediction);

/// What a method can do that hides parts of images and predicts them. Pictures, `reconstruct` and
/// the health figures of the report ask for it, and do without where there is none.
class ImageCapability {
 public:
  virtual ~ImageCapability() = default;
  /// What it predicts of the batch's images, wherever they lie, masked as `context` draws it and
  /// without drop path. Changes nothing.
  virtual MaskedPrediction predict_masked(const data::Batch& batch, const DrawContext& context,
                                          runtime::Precision precision) const = 0;
};

/// Its figure on held-out samples: "loss", the mean over all their masked positions.
std::unique_ptr<HeldOutMeasure> measure_masked_loss(const ImageCapability& method);

}  // namespace dbot::methods
