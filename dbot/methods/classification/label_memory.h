#pragma once

#include <cstdint>

#include "dbot/methods/classification/label_learning.h"
#include "dbot/methods/surroundings.h"
#include "dbot/nn/vit/config.h"

namespace dbot::methods {

/// What the memory of a classifier of images or clips follows from.
struct ClassifierSize {
  nn::EncoderConfig encoder;
  std::int64_t tokens = 0;    // of each image or clip
  double trained = 0;         // parameters
  std::int64_t pixels = 0;    // values of each
  std::int64_t repeats = 1;   // of each sample in a step
  double unmixed_copies = 1;  // of the pixels in float32, where nothing is mixed
};

MethodMemory plan_label_memory(const ClassifierSize& size, const LabelLearning& learning,
                               const Surroundings& surroundings);

}  // namespace dbot::methods
