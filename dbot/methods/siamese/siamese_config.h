#pragma once

#include <cstdint>
#include <vector>

#include "dbot/masking/grid_mask.h"
#include "dbot/methods/siamese/convolution_keys.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// What compares two views of an image. docs/methods/siamese.md §4 and §6.
enum class SiameseLoss { moco, simclr, byol, simsiam, barlow_twins };

/// How the first view is mixed with others of its batch. docs/methods/siamese.md §3 to §5.
enum class SiameseMixing { none, unmix, mixmask, both };

/// What is seen where a mask has a hole: another image of the batch, the mean pixel, or noise.
enum class MaskFill { image, zero, noise };

/// Between the network's features and the embedding: one matrix, or two with a ReLU between.
enum class EmbeddingHead { linear, mlp };

/// Two views of an image, one encoder, and a loss that makes their embeddings alike; mixed views
/// say how much of whom they show. docs/methods/siamese.md.
struct SiameseConfig {
  static constexpr const char* kKind = "siamese";

  ConvolutionChoice network;
  EmbeddingHead head = EmbeddingHead::mlp;
  std::int64_t head_width = 128;  // of the embedding
  std::int64_t norm_splits = 1;   // of each batch, for the encoder's BatchNorm

  SiameseLoss loss = SiameseLoss::moco;
  bool symmetric = false;        // moco: each view is the query once
  double temperature = 0.2;      // moco, simclr
  std::int64_t queue = 65536;    // moco: keys
  double momentum = 0.999;       // moco, byol: of the moving average
  double off_diagonal = 0.0051;  // barlow_twins

  SiameseMixing mixing = SiameseMixing::mixmask;
  masking::GridMaskConfig mask;
  MaskFill fill = MaskFill::image;
  bool channelwise = false;  // a grid for each channel

  std::vector<double> mean, std;    // pixel normalisation of the input; told by the data
  std::vector<double> value_range;  // what is black and white in files; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;

  bool has_keys() const { return loss == SiameseLoss::moco || loss == SiameseLoss::byol; }
  bool has_predictor() const { return loss == SiameseLoss::byol || loss == SiameseLoss::simsiam; }
  bool masks() const { return mixing == SiameseMixing::mixmask || mixing == SiameseMixing::both; }
  bool unmixes() const { return mixing == SiameseMixing::unmix || mixing == SiameseMixing::both; }
};

}  // namespace dbot::methods
