#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/ops/operation_table.h"

// What the rows of a GPU's kernels share.
namespace dbot::ops::cuda {

/// The table's operation of this name, computed in another way.
TableOperation like(const std::string& name, std::function<Outcome(const Call&)> ours);

/// Expects that `sums` [width] are the sums of x [..., width] over its rows.
void expect_sums_of_rows(const at::Tensor& sums, const at::Tensor& x);

/// What a training step does around the blocks.
std::vector<TableOperation> gpu_step_operations();

}  // namespace dbot::ops::cuda
