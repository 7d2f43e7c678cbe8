#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Every operation with a path of the project's own, as one table: what it computes as a formula in
// double precision, and what it gives. The tests walk through operation × type × shape × level or
// device.
namespace dbot::ops {

using Tensors = std::vector<at::Tensor>;

struct TableShape {
  std::int64_t batch, tokens, width, heads;

  std::int64_t rows() const { return batch * tokens; }
};

/// What an operation gives: its result, and the gradients of its inputs for a given gradient of the
/// result; undefined where it has none.
struct Outcome {
  at::Tensor result;
  Tensors gradients;
};

/// Inputs and the result's gradient, in the types that the operation takes, and the compute type.
struct Call {
  TableShape shape;
  Tensors inputs;
  at::Tensor outer;
  at::ScalarType compute;

  at::Device device() const { return outer.device(); }
};

struct TableOperation {
  std::string name;
  std::function<Tensors(const TableShape& shape)> inputs;  // double precision
  /// Which inputs have the compute type, in the order of the inputs; the others are float32.
  std::vector<bool> computed;
  bool bfloat16 = true;         // is there such a variant
  bool in_compute_type = true;  // is the result
  /// The result in double precision, differentiable.
  std::function<at::Tensor(const TableShape& shape, const Tensors& inputs)> formula;
  std::function<Outcome(const Call& call)> ours;
  double slack = 1;                   // what the limits are multiplied with
  bool levels = true;                 // does it depend on the kernel level
  std::vector<TableShape> more = {};  // shapes beside the table's
  /// It chooses its way by where its tensors lie; others are the host's kernels themselves.
  bool on_any_device = false;
};

/// The table, in parts.
std::vector<TableOperation> row_operations();
std::vector<TableOperation> product_operations();
std::vector<TableOperation> step_operations();
std::vector<TableOperation> update_operations();
/// The bodies of a GPU's kernels, run on the host.
std::vector<TableOperation> gpu_operations();

/// Normal numbers in double precision that depend on shape and `seed` alone.
at::Tensor table_numbers(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                         double size = 1.0);
/// A row that is for any device.
inline TableOperation anywhere(TableOperation operation) {
  operation.on_any_device = true;
  return operation;
}

/// Float32 tensors that require gradients, for operations that are nodes of a graph.
Tensors leaves_of(const Tensors& inputs);
/// Result and gradients by the operation's own node.
Outcome differentiated(const at::Tensor& result, const at::Tensor& outer, const Tensors& leaves);

}  // namespace dbot::ops
