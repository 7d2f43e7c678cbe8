// The recipe keys of siamese networks: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/siamese/siamese_entry.h"

namespace dbot::methods {
namespace {

using core::above;
using core::at_least;

// A whole number up to this is exact in float32, as the queue's pointer is kept.
constexpr double kMostKeys = 1 << 24;

void bind_loss(core::Settings& settings, SiameseConfig& config) {
  settings.add_choice("siamese.loss", config.loss,
                      {"moco", "simclr", "byol", "simsiam", "barlow_twins"},
                      "What makes the embeddings of two views alike.");
  settings.add("siamese.symmetric", config.symmetric,
               "MoCo: each view is the query once and the key once.");
  settings.add("siamese.temperature", config.temperature, above(0, 1000), "",
               "MoCo and SimCLR: similarities are divided by it.");
  settings.add("siamese.queue", config.queue, at_least(1, kMostKeys), "keys",
               "MoCo: keys of earlier batches; a multiple of the keys of a batch.");
  settings.add("siamese.momentum", config.momentum, at_least(0, 1), "",
               "MoCo and BYOL: what the key encoder keeps of itself at each step.");
  settings.add("siamese.off_diagonal", config.off_diagonal, at_least(0, 1000), "",
               "Barlow Twins: weight of correlations between different columns.");
  settings.add_choice("siamese.mixing", config.mixing, {"none", "unmix", "mixmask", "both"},
                      "Mixed views beside the clean one: Un-Mix blends with the reversed batch or "
                      "cuts a box, MixMask fills the holes of a mask.");
}

void bind_mask(core::Settings& settings, SiameseConfig& config) {
  auto& mask = config.mask;
  settings.add_choice("mask.kind", mask.kind, {"block", "discrete"},
                      "MixMask's cells are kept in rectangles, or each by itself.");
  settings.add("mask.grid", mask.cells, at_least(2, 1024), "cells",
               "In a row and in a column of an image.");
  settings.add("mask.kept", mask.kept, core::Range{0, 1, true, true}, "fraction",
               "Share of the cells that stay an image's own; of blocks the most.");
  settings.add_choice("mask.fill", config.fill, {"image", "zero", "noise"},
                      "What is seen in the holes: another image of the batch, the mean pixel, or "
                      "normal noise.");
  settings.add("mask.channelwise", config.channelwise, "A grid of its own for each channel.");
}

}  // namespace

void bind(core::Settings& settings, SiameseConfig& config) {
  settings.place_behind("");
  bind_convolution(settings, config.network);
  settings.add("model.norm_splits", config.norm_splits, at_least(1, 65536), "",
               "Parts of a batch that BatchNorm treats by themselves in training.");
  settings.add_choice("head.kind", config.head, {"linear", "mlp"},
                      "From features to the embedding: one matrix, or two with a ReLU between.");
  settings.add("head.width", config.head_width, at_least(1, kMostWidth), "",
               "Numbers of the embedding.");
  bind_loss(settings, config);
  bind_mask(settings, config);
}

}  // namespace dbot::methods
