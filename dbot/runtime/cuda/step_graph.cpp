#include "dbot/runtime/step_graph.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"
#include "dbot/runtime/cuda/module/graph_table.h"

namespace dbot::runtime {
namespace {

const cuda::GraphTable& graph_table() {
  return *static_cast<const cuda::GraphTable*>(
      cuda::table(cuda::kGraphTableSymbol, cuda::kGraphTableVersion));
}

class CudaStepGraph final : public StepGraph {
 public:
  explicit CudaStepGraph(int index) : table_(graph_table()), graph_(table_.make(index)) {
    if (graph_ == nullptr) fail("be made", {.code = 0, .reason = "CUDA says no more"});
  }
  ~CudaStepGraph() override { table_.drop(graph_); }
  CudaStepGraph(const CudaStepGraph&) = delete;
  CudaStepGraph& operator=(const CudaStepGraph&) = delete;

  void record(const std::function<void()>& work) override {
    cuda::CudaFailure failure{};
    if (table_.begin(graph_, &failure) < 0) fail("begin", failure);
    try {
      work();
    } catch (...) {
      table_.abandon(graph_);
      throw;
    }
    if (table_.end(graph_, &failure) < 0) fail("end", failure);
  }

  void replay() override {
    cuda::CudaFailure failure{};
    if (table_.replay(graph_, &failure) < 0) fail("run", failure);
  }

 private:
  [[noreturn]] static void fail(const char* what, const cuda::CudaFailure& failure) {
    const std::string reason =
        fmt::format("the graph of a step does not {}: {}", what, failure.reason);
    if (failure.code > 0) {
      throw c10::AcceleratorError(c10::SourceLocation::current(), failure.code, reason);
    }
    throw Error("[cuda] " + reason);
  }

  const cuda::GraphTable& table_;
  cuda::CudaGraph* graph_;
};

MakeStepGraph& given_graphs() {
  static MakeStepGraph make;
  return make;
}

}  // namespace

std::unique_ptr<StepGraph> make_step_graph(const Device& device) {
  if (device.kind == Device::Kind::other && given_graphs()) return given_graphs()(device);
  if (device.kind == Device::Kind::cuda && cuda::available()) {
    return std::make_unique<CudaStepGraph>(device.index);
  }
  return nullptr;
}

bool has_step_graphs(const Device& device) {
  return device.kind == Device::Kind::other ? given_graphs() != nullptr
                                            : device.kind == Device::Kind::cuda;
}

void use_step_graphs(MakeStepGraph make) {
  given_graphs() = std::move(make);
}

}  // namespace dbot::runtime
