#pragma once

#include "dbot/nn/convolution/convolution_config.h"

// What a convolutional network costs, from sizes alone.
namespace dbot::methods {

/// Numbers that one image's pass keeps for its backward pass, and its multiply-adds.
double kept_numbers(const nn::ConvolutionConfig& config);
double convolution_multiply_adds(const nn::ConvolutionConfig& config);

}  // namespace dbot::methods
