// The module's table of graphs.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <new>
#include <optional>

#include "dbot/runtime/cuda/module/graph_table.h"
#include "dbot/runtime/cuda/module/guarded.h"

namespace dbot::runtime::cuda {

struct CudaGraph {
  explicit CudaGraph(int index) : device(narrow(index)) {}

  c10::DeviceIndex device;
  at::cuda::CUDAGraph graph;
  /// While it is captured: LibTorch captures on a stream beside the one that is used otherwise.
  std::optional<c10::cuda::CUDAStreamGuard> on_its_stream;
};

namespace {

CudaGraph* make(int index) {
  CudaGraph* made = nullptr;
  CudaFailure unused{};
  guarded(&unused, [&] {
    const c10::cuda::CUDAGuard guard(narrow(index));
    made = new CudaGraph(index);
  });
  return made;
}

void drop(CudaGraph* graph) {
  CudaFailure unused{};
  guarded(&unused, [&] {
    const c10::cuda::CUDAGuard guard(graph->device);
    c10::cuda::device_synchronize();  // a replay may be under way
    delete graph;
  });
}

int begin(CudaGraph* graph, CudaFailure* failure) {
  return guarded(failure, [&] {
    const c10::cuda::CUDAGuard guard(graph->device);
    c10::cuda::device_synchronize();
    // Memory of plain steps is of no use to the graph, which has its own.
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph->on_its_stream.emplace(
        c10::cuda::getStreamFromPool(/*isHighPriority=*/false, graph->device));
    try {
      graph->graph.capture_begin();
    } catch (...) {
      graph->on_its_stream.reset();
      throw;
    }
  });
}

int end(CudaGraph* graph, CudaFailure* failure) {
  return guarded(failure, [&] {
    try {
      graph->graph.capture_end();
    } catch (...) {
      graph->on_its_stream.reset();
      throw;
    }
    graph->on_its_stream.reset();
  });
}

void abandon(CudaGraph* graph) {
  CudaFailure unused{};
  end(graph, &unused);
}

int replay(CudaGraph* graph, CudaFailure* failure) {
  return guarded(failure, [&] {
    const c10::cuda::CUDAGuard guard(graph->device);
    graph->graph.replay();
  });
}

constexpr GraphTable kGraphs{.version = kGraphTableVersion,
                             .make = make,
                             .drop = drop,
                             .begin = begin,
                             .end = end,
                             .abandon = abandon,
                             .replay = replay};

}  // namespace
}  // namespace dbot::runtime::cuda

extern "C" __attribute__((visibility("default"))) const dbot::runtime::cuda::GraphTable*
dbot_graph_table() {
  return &dbot::runtime::cuda::kGraphs;
}
