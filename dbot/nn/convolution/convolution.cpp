#include "dbot/nn/convolution/convolution.h"

#include <ATen/ops/conv2d.h>

namespace dbot::nn {
namespace {

double number(std::int64_t value) {
  return static_cast<double>(value);
}

}  // namespace

double ConvolutionLayer::multiply_adds() const {
  return elements() * number(inputs * kernel * kernel);
}

double ConvolutionLayer::elements() const {
  return number(outputs) * number(size.height) * number(size.width);
}

core::Size convolved_size(core::Size size, std::int64_t stride) {
  return {(size.height + stride - 1) / stride, (size.width + stride - 1) / stride};
}

ParameterSpec convolution_parameter(const ConvolutionLayer& layer) {
  const std::vector<std::int64_t> shape{layer.outputs, layer.inputs, layer.kernel, layer.kernel};
  return {
      .name = layer.name + ".weight", .shape = shape, .start = kaiming_normal(fans_of(shape).out)};
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const ConvolutionLayer& layer,
                       at::ScalarType compute) {
  const std::int64_t stride[] = {layer.stride, layer.stride};
  const std::int64_t padding[] = {layer.padding(), layer.padding()};
  return at::conv2d(x.to(compute), weight.to(compute), {}, stride, padding).to(at::kFloat);
}

}  // namespace dbot::nn
