#pragma once

#include <cstdint>
#include <vector>

// What `plan_start` decides by: plain numbers, measured by tools/start, made up in tests.
namespace dbot::run {

/// Of a data set; of a large one by a sample.
struct StartData {
  std::int64_t images = 0;  // to train on
  double shorter_side = 0;  // median, pixels
  double megapixels = 0;    // of an image, median
  std::int64_t channels = 3;
  std::vector<double> mean = {}, std = {};                 // one a channel, of pixels in 0…1
  std::int64_t classes = 0;                                // 0: without labels
  std::int64_t labelled_train = 0, labelled_test = 0;      // images
  std::int64_t looked_at = 0, readable = 0, distinct = 0;  // of the sample
  double open_seconds = 0;                                 // to find all images
};

/// What is asked for.
struct StartRequest {
  double seconds = 1800;      // of the whole: looking, training, evaluations, pictures
  double looking = 0;         // of them for looking at data and machine
  bool knows_targets = true;  // recipes have the key stages.targets
};

/// A network on images of a size: places in kNetworkRules and kSizeRules.
struct StartShape {
  std::size_t size = 0, network = 0;
  bool operator==(const StartShape&) const = default;
};

/// Mean seconds of what a run does, on this machine and these data.
struct StartCosts {
  double pixels = 0, teacher = 0;  // training on one image by its target, loading included
  double load = 0;                 // loading an image, all workers at work
  double features = 0;             // an image through the whole encoder, loading included
  double pictures = 0;             // a set of pictures
  double flops = 2e10;             // float32 operations a second of large matrix products
};

}  // namespace dbot::run
