#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/augment/mixing.h"
#include "dbot/data/sources/labelled_share.h"
#include "dbot/methods/start/start_kind.h"
#include "dbot/methods/surroundings.h"
#include "dbot/nn/vit/classifier.h"
#include "dbot/nn/vit/config.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// Fine-tuning, or training from nothing: a vision transformer learns the labels of images.
/// docs/methods/classification.md.
struct ClassificationConfig {
  static constexpr const char* kKind = "classification";

  nn::EncoderConfig encoder;
  nn::Pooling pooling = nn::Pooling::mean;
  nn::HeadStart head;
  StartKind start = StartKind::random;
  std::string start_path;  // a run, a checkpoint or a weights file
  double layer_decay = 1;  // of the learning rate, from block to block towards the input
  double drop_path = 0;    // of the last block
  double smoothing = 0;    // of labels
  data::MixingConfig mixing;
  data::LabelledShare labels;
  double held_out = 0.1;  // share of these that judges stages instead, in runs that validate

  std::vector<double> mean, std;     // pixel normalisation of the input; told by the data
  std::vector<double> value_range;   // what is black and white in files; told by the data
  std::vector<std::string> classes;  // told by the data
  std::uint64_t seed = 0;
  runtime::Device device;
};

}  // namespace dbot::methods
