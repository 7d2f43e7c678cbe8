#include "dbot/methods/siamese/convolution_costs.h"

#include "dbot/nn/convolution/convolution_network.h"

namespace dbot::methods {

double kept_numbers(const nn::ConvolutionConfig& config) {
  // Each convolution's result, which BatchNorm keeps, and what the ReLU behind makes of it.
  constexpr double kTensorsALayer = 2;
  double sum = 0;
  for (const nn::ConvolutionLayer& layer : nn::convolution_layers(config)) {
    sum += kTensorsALayer * layer.elements();
  }
  return sum;
}

double convolution_multiply_adds(const nn::ConvolutionConfig& config) {
  double sum = 0;
  for (const nn::ConvolutionLayer& layer : nn::convolution_layers(config)) {
    sum += layer.multiply_adds();
  }
  return sum;
}

}  // namespace dbot::methods
