#include "dbot/eval/frozen/softmax_regression.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

namespace dbot::eval {

SoftmaxRegression::SoftmaxRegression(std::int64_t classes, std::int64_t width)
    : values_(at::zeros({classes * (width + 1)}, at::kFloat)),
      gradients_(at::zeros_like(values_)),
      weight_(values_.narrow(0, 0, classes * width).view({classes, width})),
      bias_(values_.narrow(0, classes * width, classes)),
      weight_gradient_(gradients_.narrow(0, 0, classes * width).view({classes, width})),
      bias_gradient_(gradients_.narrow(0, classes * width, classes)) {}

at::Tensor SoftmaxRegression::logits(const at::Tensor& features) const {
  return at::addmm(bias_, features, weight_.t());
}

double SoftmaxRegression::forward_backward(const at::Tensor& features, const std::int64_t* labels) {
  const at::Tensor log_probability = at::log_softmax(logits(features), 1);
  at::Tensor error = log_probability.exp();  // softmax − one-hot is the logits' gradient
  const std::int64_t rows = error.size(0), classes = error.size(1);
  const auto* logs = log_probability.const_data_ptr<float>();
  auto* errors = error.mutable_data_ptr<float>();
  double loss = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    loss -= logs[i * classes + labels[i]];
    errors[i * classes + labels[i]] -= 1.0F;
  }
  error.div_(static_cast<double>(rows));
  at::mm_out(weight_gradient_, error.t(), features);
  at::sum_out(bias_gradient_, error, 0);
  return loss / static_cast<double>(rows);
}

}  // namespace dbot::eval
