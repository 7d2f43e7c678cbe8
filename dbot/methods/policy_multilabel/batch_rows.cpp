#include "dbot/methods/policy_multilabel/batch_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/data/text/tables/row_parts.h"

namespace dbot::methods {

at::Tensor dense_rows(const data::Batch& batch, const std::string& prefix, std::int64_t first,
                      std::int64_t count, std::int64_t width) {
  const at::Tensor begins = batch.offsets.at(prefix + data::kRowPlaces).narrow(0, first, count + 1);
  const auto begin = begins[0].item<std::int64_t>(), end = begins[count].item<std::int64_t>();
  const at::Tensor places =
      batch.tensors.at(prefix + data::kRowPlaces).narrow(0, begin, end - begin);
  const at::Tensor values =
      batch.tensors.at(prefix + data::kRowValues).narrow(0, begin, end - begin);
  at::Tensor rows = at::zeros({count, width}, values.options());
  if (end == begin) return rows;
  if (places.max().item<std::int64_t>() >= width || places.min().item<std::int64_t>() < 0) {
    throw DataError({.operation = "policy",
                     .subject = fmt::format("a row of {} numbers", width),
                     .fault = Fault::mismatch,
                     .reason = "has a number beyond its end"});
  }
  const at::Tensor owner = at::repeat_interleave(begins.diff());
  rows.view(-1).scatter_(0, owner * width + places, values);
  return rows;
}

}  // namespace dbot::methods
