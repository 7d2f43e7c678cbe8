#include "dbot/ops/assemble_tokens.h"

#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/ops/indices.h"

namespace dbot::ops {
namespace {

/// A row for each sample.
at::Tensor for_each_sample(const at::Tensor& indices, std::int64_t batch) {
  return indices.expand({batch, indices.size(1)}).contiguous();
}

bool has_kernels(const at::Tensor& own, const at::Tensor& shared, const at::Tensor& table) {
  return shared.scalar_type() == at::kFloat && table.scalar_type() == at::kFloat &&
         (own.scalar_type() == at::kFloat || own.scalar_type() == at::kBFloat16);
}

}  // namespace

at::Tensor assemble_tokens(const at::Tensor& own, const at::Tensor& shared, const at::Tensor& table,
                           const TokenPlan& plan) {
  check_within("[tokens] sources", plan.sources, -1, own.size(1));
  TokenPlan whole{for_each_sample(plan.sources, own.size(0)), {}};
  if (plan.positions.defined()) {
    check_within("[tokens] positions", plan.positions, 0, table.size(1));
    whole.positions = for_each_sample(plan.positions, own.size(0));
  } else if (table.size(1) != plan.sources.size(1)) {
    throw Error("[tokens] the position table has " + std::to_string(table.size(1)) +
                " rows, expected " + std::to_string(plan.sources.size(1)) + ", one a token");
  }
  switch (has_kernels(own, shared, table) ? backend_of({own, shared, table}) : Backend::reference) {
    case Backend::cpu:
      return assemble_tokens_cpu(own, shared, table, whole);
    case Backend::cuda:
      return assemble_tokens_cuda(own, shared, table, whole);
    case Backend::reference:
      break;
  }
  return assemble_tokens_reference(own, shared, table, whole);
}

}  // namespace dbot::ops
