#include "dbot/runtime/cuda.h"

#include <ATen/Context.h>
#include <fmt/format.h>

#include <atomic>

#include "dbot/runtime/cuda/load.h"

namespace dbot::runtime {
namespace cuda {
namespace {

const Loaded& not_asked() {
  static const Loaded loaded{.found = {.obstacle = Obstacle::not_asked,
                                       .why = {.operation = "cuda",
                                               .subject = "CUDA",
                                               .fault = Fault::missing,
                                               .reason = "is not loaded in this process",
                                               .way_out = "name a GPU as its device"},
                                       .driver = "",
                                       .gpus = {},
                                       .library = "",
                                       .module = "",
                                       .built_for = ""},
                             .table = nullptr,
                             .module = nullptr};
  return loaded;
}

/// CUDA is loaded into a process as a whole and stays there, so this is one a process.
std::atomic<const Loaded*>& of_this_process() {
  static std::atomic<const Loaded*> loaded = nullptr;
  return loaded;
}

const Loaded& state() {
  const Loaded* loaded = of_this_process().load();
  return loaded == nullptr ? not_asked() : *loaded;
}

const CudaTable& loaded_table() {
  if (const CudaTable* table = state().table) return *table;
  throw Error(state().found.why);
}

void check(int code, const char* what, int index, const CudaFailure& failure) {
  if (code > 0) return;
  throw Error({.operation = "cuda",
               .subject = fmt::format("cuda:{}", index),
               .fault = Fault::other,
               .reason = fmt::format("fails where it should {}: {}", what, failure.reason),
               .way_out = ""});
}

}  // namespace

std::string capability_text(int capability) {
  return fmt::format("{}.{}", capability / 10, capability % 10);
}

const Found& found() {
  return state().found;
}

bool available() {
  return state().table != nullptr;
}

int device_count() {
  return available() ? static_cast<int>(found().gpus.size()) : 0;
}

std::string why_not() {
  return available() ? "" : to_text(found().why);
}

Memory memory(int index) {
  CudaMemory memory{};
  CudaFailure failure{};
  check(loaded_table().memory(index, &memory, &failure), "tell its memory", index, failure);
  return {.free = memory.free,
          .total = memory.total,
          .allocated = memory.allocated,
          .peak_allocated = memory.peak_allocated,
          .reserved = memory.reserved,
          .peak_reserved = memory.peak_reserved};
}

void reset_peak_memory(int index) {
  CudaFailure failure{};
  check(loaded_table().reset_peak_memory(index, &failure), "count memory anew", index, failure);
}

void use_device(int index) {
  CudaFailure failure{};
  check(loaded_table().use_device(index, &failure), "be used", index, failure);
}

void synchronise(int index) {
  CudaFailure failure{};
  check(loaded_table().synchronise(index, &failure), "finish", index, failure);
}

void* current_stream(int index) {
  CudaFailure failure{};
  void* stream = nullptr;
  check(loaded_table().current_stream(index, &stream, &failure), "name its stream", index, failure);
  return stream;
}

void allow_tf32(bool allowed) {
  at::globalContext().setAllowTF32CuBLAS(allowed);
  at::globalContext().setAllowTF32CuDNN(allowed);
}

const void* table(const char* symbol, int version) {
  loaded_table();  // throws where there is none
  using Factory = const int* (*)();
  const OptionalModule& module = *state().module;
  const int* found_table = reinterpret_cast<Factory>(module.symbol(symbol))();
  if (*found_table == version) return found_table;
  module.refuse(fmt::format("has {} of version {}, expected {}", symbol, *found_table, version));
}

}  // namespace cuda

const cuda::Found& load_cuda() {
  static const cuda::Loaded* loaded = [] {
    const auto* made = new cuda::Loaded(cuda::load({}));  // as long as the process, see there
    cuda::of_this_process() = made;
    if (made->table != nullptr) {
      cuda::allow_tf32(false);
      at::globalContext().setDeterministicCuDNN(true);
      at::globalContext().setBenchmarkCuDNN(false);
    }
    return made;
  }();
  return loaded->found;
}

}  // namespace dbot::runtime
