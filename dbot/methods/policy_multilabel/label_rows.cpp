#include "dbot/methods/policy_multilabel/label_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <tuple>

#include "dbot/core/error.h"
#include "dbot/data/text/tables/row_parts.h"

namespace dbot::methods {

LabelRows::LabelRows(const data::Batch& batch, const std::string& prefix, std::int64_t first,
                     std::int64_t count, std::int64_t width)
    : width_(width) {
  const at::Tensor begins = batch.offsets.at(prefix + data::kRowPlaces).narrow(0, first, count + 1);
  const auto begin = begins[0].item<std::int64_t>(), end = begins[count].item<std::int64_t>();
  places_ = batch.tensors.at(prefix + data::kRowPlaces).narrow(0, begin, end - begin);
  values_ = batch.tensors.at(prefix + data::kRowValues).narrow(0, begin, end - begin);
  begins_ = begins - begin;
  if (end == begin ||
      (places_.max().item<std::int64_t>() < width && places_.min().item<std::int64_t>() >= 0)) {
    return;
  }
  throw DataError({.operation = "policy",
                   .subject = fmt::format("a row of {} numbers", width),
                   .fault = Fault::mismatch,
                   .reason = "has a number beyond its end"});
}

at::Tensor LabelRows::times(const at::Tensor& weight) const {
  if (!sparse()) return at::matmul(values_, weight.t());
  constexpr std::int64_t kSum = 0;
  return std::get<0>(at::embedding_bag(weight.t().contiguous(), places_, begins_,
                                       /*scale_grad_by_freq=*/false, kSum, /*sparse=*/false,
                                       values_, /*include_last_offset=*/true));
}

at::Tensor LabelRows::gathered(const at::Tensor& gradient) const {
  if (!sparse()) return at::matmul(gradient.t(), values_);
  const at::Tensor owner = at::repeat_interleave(begins_.diff());
  at::Tensor sums = at::zeros({width_, gradient.size(1)}, gradient.options());
  sums.index_add_(0, places_, gradient.index_select(0, owner) * values_.unsqueeze(1));
  return sums.t();
}

}  // namespace dbot::methods
