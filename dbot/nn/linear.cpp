#include "dbot/nn/linear.h"

#include <ATen/ops/linear.h>

namespace dbot::nn {

at::Tensor linear(const at::Tensor& x, const ParameterStore& parameters, const std::string& name,
                  at::ScalarType compute) {
  return at::linear(x.to(compute), parameters.at(name + ".weight").to(compute),
                    parameters.at(name + ".bias").to(compute));
}

}  // namespace dbot::nn
