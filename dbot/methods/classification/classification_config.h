#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/classification/label_learning.h"
#include "dbot/methods/start/start_kind.h"
#include "dbot/methods/surroundings.h"
#include "dbot/nn/vit/classifier.h"
#include "dbot/nn/vit/config.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// Fine-tuning, or training from nothing: a vision transformer learns the labels of images.
/// docs/methods/classification.md.
struct ClassificationConfig : LabelLearning {
  static constexpr const char* kKind = "classification";

  nn::EncoderConfig encoder;
  nn::Pooling pooling = nn::Pooling::mean;
  nn::HeadStart head;
  StartKind start = StartKind::random;
  std::string start_path;  // a run, a checkpoint or a weights file

  std::vector<double> mean, std;    // pixel normalisation of the input; told by the data
  std::vector<double> value_range;  // what is black and white in files; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;
};

}  // namespace dbot::methods
