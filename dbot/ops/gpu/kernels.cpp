#include "dbot/ops/gpu/kernels.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/runtime/cuda.h"

namespace dbot::ops {
namespace gpu {
namespace {

std::atomic<const DeviceKernels*>& given_kernels() {
  static std::atomic<const DeviceKernels*> given = nullptr;
  return given;
}

const DeviceKernels& kernels_of_module() {
  static const DeviceKernels kernels{
      .table = static_cast<const cuda::KernelTable*>(
          runtime::cuda::table(cuda::kKernelTableSymbol, cuda::kKernelTableVersion)),
      .current_stream = runtime::cuda::current_stream};
  return kernels;
}

/// Null where there are none.
const DeviceKernels* kernels_of(const at::Device& device) {
  if (device.is_privateuseone()) return given_kernels().load();
  return device.is_cuda() && runtime::cuda::available() ? &kernels_of_module() : nullptr;
}

const DeviceKernels& require_kernels(const at::Device& device) {
  if (const DeviceKernels* kernels = kernels_of(device)) return *kernels;
  throw Error({.operation = "gpu kernels",
               .subject = device.str(),
               .fault = Fault::missing,
               .reason = "has none: " + runtime::cuda::why_not(),
               .way_out = ""});
}

/// What products of one device need. It lives as long as the process: memory of a device must not
/// be given back when CUDA has gone.
class Multiplier {
 public:
  Multiplier(const cuda::KernelTable& table, const at::Device& device)
      : table_(table),
        workspace_(
            at::empty({kWorkspaceBytes}, at::TensorOptions().dtype(at::kByte).device(device))),
        products_(table.products_open(workspace_.mutable_data_ptr(), kWorkspaceBytes)) {}

  /// The code of the table's function.
  int multiply(const cuda::Product& product, cuda::Stream stream) {
    const std::lock_guard lock(mutex_);  // backward passes run in a thread of their own
    return products_ == nullptr ? kNoWay : table_.product(products_, &product, stream);
  }

  static constexpr int kNoWay = -1000;  // and below: the library's own failures

 private:
  static constexpr std::int64_t kWorkspaceBytes = std::int64_t{32} << 20;  // what Hopper asks for

  const cuda::KernelTable& table_;
  at::Tensor workspace_;
  cuda::Products* products_;
  std::mutex mutex_;
};

Multiplier& multiplier_of(const cuda::KernelTable& table, const at::Device& device) {
  static std::mutex mutex;
  static auto* const all =
      new std::map<std::pair<const cuda::KernelTable*, at::DeviceIndex>, Multiplier*>;
  const std::lock_guard lock(mutex);
  Multiplier*& found = (*all)[{&table, device.index()}];
  if (found == nullptr) found = new Multiplier(table, device);
  return *found;
}

}  // namespace

void use_kernels(const DeviceKernels* kernels) {
  given_kernels() = kernels;
}

Kernels::Kernels(const at::Device& device)
    : guard_(device),
      table_(require_kernels(device).table),
      stream_(require_kernels(device).current_stream(device.index())) {}

bool Kernels::multiply(const cuda::Product& product) const {
  const int code = multiplier_of(*table_, guard_.current_device()).multiply(product, stream_);
  if (code <= Multiplier::kNoWay) return false;
  check(code);
  return true;
}

void Kernels::check(int code) {
  if (code == 0) return;
  if (code == cuda::kRefused) throw Error("[gpu kernels] a kernel refuses its arguments");
  throw c10::AcceleratorError(c10::SourceLocation::current(), code,
                              "CUDA error " + std::to_string(code) + " where a kernel begins");
}

}  // namespace gpu

bool has_gpu_kernels(const at::Device& device) {
  return gpu::kernels_of(device) != nullptr;
}

}  // namespace dbot::ops
