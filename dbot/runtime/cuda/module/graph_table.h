#pragma once

#include "dbot/runtime/cuda/module/cuda_table.h"

// The module's table of graphs: at::cuda::CUDAGraph as plain functions.
namespace dbot::runtime::cuda {

/// To be raised with every change of this file: program and module have to agree.
inline constexpr int kGraphTableVersion = 1;

/// A graph and the stream that it is captured on.
struct CudaGraph;

/// Functions that return int give 1, and −1 with `failure` filled.
struct GraphTable {
  int version;
  CudaGraph* (*make)(int index);  // null where there is no memory for it
  void (*drop)(CudaGraph* graph);
  /// Gives unused memory back, waits for the device, and captures what this thread tells it from
  /// now on, and what backward passes of that tell it.
  int (*begin)(CudaGraph* graph, CudaFailure* failure);
  int (*end)(CudaGraph* graph, CudaFailure* failure);
  /// Ends a capture that came to nothing. Fails in silence: what went wrong is known.
  void (*abandon)(CudaGraph* graph);
  /// On the current stream.
  int (*replay)(CudaGraph* graph, CudaFailure* failure);
};

/// The factory: `extern "C" const GraphTable* dbot_graph_table()`.
inline constexpr const char* kGraphTableSymbol = "dbot_graph_table";

}  // namespace dbot::runtime::cuda
