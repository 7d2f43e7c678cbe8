#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/classification/label_learning.h"
#include "dbot/methods/masked_clips/clip_keys.h"
#include "dbot/nn/vit/classifier.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// Fine-tuning of MAE-ST, or training from nothing: a network of clips learns the labels of videos.
/// docs/methods/mae_st.md §8.
struct ClipClassificationConfig : LabelLearning {
  static constexpr const char* kKind = "clip_classification";

  nn::ClipConfig network;
  nn::HeadStart head = {.deviation = 2e-5, .truncated = true};
  double dropout = 0;                           // of the features before the head
  std::int64_t repeats = 1;                     // clips of a video in a step
  std::int64_t time_views = 1, side_views = 1;  // of a test
  ClipStart start = ClipStart::random;
  std::string start_path;  // of the first weights

  std::vector<double> mean, std;    // pixel normalisation of the input; told by the data
  std::vector<double> value_range;  // what is black and white in files; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;
};

/// Its network; the decoder is no part of it.
nn::ClipConfig clip_network(const ClipClassificationConfig& config);

}  // namespace dbot::methods
