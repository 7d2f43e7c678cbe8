#include "dbot/ops/select_tokens.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

namespace dbot::ops {
namespace {

/// Rows of [batch · count, width].
at::Tensor flat_rows(const at::Tensor& rows, std::int64_t count) {
  return (rows + at::arange(rows.size(0), rows.options()).unsqueeze(1) * count).view(-1);
}

}  // namespace

at::Tensor select_tokens(const at::Tensor& tokens, const at::Tensor& rows) {
  const std::int64_t batch = tokens.size(0), count = tokens.size(1), width = tokens.size(2);
  return tokens.reshape({batch * count, width})
      .index_select(0, flat_rows(rows, count))
      .view({batch, rows.size(1), width});
}

at::Tensor spread_tokens(const at::Tensor& selected, const at::Tensor& rows, std::int64_t count) {
  const std::int64_t batch = selected.size(0), width = selected.size(2);
  at::Tensor all = at::zeros({batch * count, width}, selected.options());
  all.index_copy_(0, flat_rows(rows, count), selected.reshape({-1, width}));
  return all.view({batch, count, width});
}

}  // namespace dbot::ops
