#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gather.h>

#include "dbot/ops/backends.h"

namespace dbot::ops {

at::Tensor assemble_tokens_reference(const at::Tensor& own, const at::Tensor& shared,
                                     const at::Tensor& table, const TokenPlan& plan) {
  const std::int64_t batch = own.size(0), count = own.size(1), width = own.size(2);
  const std::int64_t tokens = plan.sources.size(1);
  // The shared token stands behind the sample's own ones.
  const at::Tensor all =
      at::cat({own.to(shared.scalar_type()), shared.expand({batch, 1, width})}, 1);
  const at::Tensor rows = plan.sources.masked_fill(plan.sources < 0, count);
  const at::Tensor found = at::gather(all, 1, rows.unsqueeze(-1).expand({batch, tokens, width}));
  if (!plan.positions.defined()) return found + table;
  return found +
         table.squeeze(0).index_select(0, plan.positions.view(-1)).view({batch, tokens, width});
}

}  // namespace dbot::ops
