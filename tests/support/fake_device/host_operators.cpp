#include "tests/support/fake_device/host_operators.h"

#include <ATen/core/List.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/from_blob.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "tests/support/fake_device/fake_device.h"
#include "tests/support/fake_device/memory.h"
#include "tests/support/fake_device/record.h"
#include "tests/support/fake_device/tape.h"

namespace dbot::test::fake {
namespace {

/// The arguments of one call: tensors of the device and what stands for them on the host.
class Arguments {
 public:
  explicit Arguments(const c10::FunctionSchema& schema) : schema_(schema) {}

  /// The argument with views of the host in place of tensors of the device.
  c10::IValue on_host(const c10::IValue& value) {
    if (value.isTensor()) return stand_in(value.toTensor());
    if (value.isDevice()) return c10::Device(c10::kCPU);
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value.toTensorVector()) list.push_back(stand_in(tensor));
      return list;
    }
    if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const auto& tensor : value.toOptionalTensorVector()) {
        list.push_back(tensor ? std::optional(stand_in(*tensor)) : std::nullopt);
      }
      return list;
    }
    return value;
  }

  /// The result with tensors of the device: those that were given, views of them, or copies.
  c10::IValue on_device_again(const c10::IValue& value) {
    if (value.isTensor()) return of_device(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value.toTensorVector()) list.push_back(of_device(tensor));
      return list;
    }
    return value;
  }

  /// What kernels have resized lies in memory of its own until here.
  void finish() {
    for (const auto& [theirs, ours] : pairs_) {
      const bool same_size = theirs.sizes() == ours.sizes();
      if (same_size && (theirs.numel() == 0 || theirs.storage().data() == ours.storage().data())) {
        continue;
      }
      ours.resize_(theirs.sizes());
      resized_.emplace_back(theirs, host_view(ours));
      resized_.back().second.copy_(theirs);
    }
  }

  /// The same once more: what a kernel has left in memory of its own, and its results.
  [[nodiscard]] std::function<void(const std::vector<at::Tensor>& results)> again() const {
    return [resized = resized_, copies = copies_](const std::vector<at::Tensor>& results) {
      for (const auto& [theirs, ours] : resized) ours.copy_(theirs);
      for (std::size_t i = 0; i < copies.size(); ++i) {
        if (copies[i].defined()) copies[i].copy_(results.at(i));
      }
    };
  }

  const std::string& described() const { return described_; }

 private:
  at::Tensor stand_in(const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    if (is_watched()) described_ += " " + c10::str(tensor.sizes());
    if (!on_device(tensor)) {
      // Numbers of the host are taken by LibTorch's kernels for GPUs, too.
      if (tensor.dim() == 0) return tensor;
      throw Error("[fake device] " + schema_.name() + " has a tensor of the CPU, " +
                  c10::str(tensor.sizes()) + ", among those of the device: " + callers_of_here());
    }
    // One without values may be a result that has yet to get its size.
    const bool empty = tensor.numel() == 0;
    pairs_.emplace_back(
        empty ? at::empty(tensor.sizes(), tensor.options().device(at::kCPU)) : host_view(tensor),
        tensor);
    return pairs_.back().first;
  }

  at::Tensor of_device(const at::Tensor& result) {
    copies_.emplace_back();
    if (!result.defined()) return result;
    for (const auto& [theirs, ours] : pairs_) {
      if (theirs.is_same(result)) return ours;
    }
    for (const auto& [theirs, ours] : pairs_) {
      if (!theirs.is_alias_of(result)) continue;
      return ours.as_strided(result.sizes(), result.strides(), result.storage_offset());
    }
    at::Tensor copy = at::empty_strided(result.sizes(), result.strides(),
                                        result.options().device(at::Device(device())));
    copies_.back() = host_view(copy);
    copies_.back().copy_(result);
    return copy;
  }

  const c10::FunctionSchema& schema_;
  std::vector<std::pair<at::Tensor, at::Tensor>> pairs_;    // of the host, of the device
  std::vector<std::pair<at::Tensor, at::Tensor>> resized_;  // of the host; views of the device
  std::vector<at::Tensor> copies_;  // of results, in their order: views of the device; or undefined
  std::string described_ = schema_.name();
};

}  // namespace

bool on_device(const at::Tensor& tensor) {
  return tensor.device().type() == c10::DeviceType::PrivateUse1;
}

at::Tensor host_view(const at::Tensor& tensor) {
  const auto bytes = static_cast<std::int64_t>(tensor.storage().nbytes());
  const at::Tensor whole = at::from_blob(tensor.storage().mutable_data(), {bytes}, at::kByte);
  return at::empty({0}, tensor.options().device(at::kCPU))
      .set_(whole.storage(), tensor.storage_offset(), tensor.sizes(), tensor.strides());
}

namespace {

std::vector<at::Tensor> tensors_of(const torch::jit::Stack& values) {
  std::vector<at::Tensor> all;
  for (const c10::IValue& value : values) {
    if (value.isTensor()) all.push_back(value.toTensor());
    if (!value.isTensorList()) continue;
    for (const at::Tensor& tensor : value.toTensorVector()) all.push_back(tensor);
  }
  return all;
}

/// One operator of the device; `kernel` computes it with the arguments on the host.
template <typename Kernel>
void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack, const Kernel& kernel) {
  const c10::FunctionSchema& schema = op.schema();
  Arguments arguments(schema);
  const std::size_t first = stack->size() - schema.arguments().size();
  for (std::size_t i = first; i < stack->size(); ++i) {
    (*stack)[i] = arguments.on_host((*stack)[i]);
  }
  tell_operator(arguments.described());
  const Open open;
  const Inside inside;
  const auto begin = stack->begin() + static_cast<std::ptrdiff_t>(first);
  torch::jit::Stack given;
  if (is_recording()) given.assign(begin, stack->end());
  kernel(stack);
  arguments.finish();
  for (std::size_t i = first; i < stack->size(); ++i) {
    (*stack)[i] = arguments.on_device_again((*stack)[i]);
  }
  if (!is_recording()) return;
  keep_on_tape([kernel, given = std::move(given), put = arguments.again()] {
    torch::jit::Stack values = given;
    kernel(&values);
    put(tensors_of(values));
  });
}

c10::OperatorHandle operator_named(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
}

}  // namespace

void compute_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  compute(op, stack, [op](torch::jit::Stack* values) {
    op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), values);
  });
}

void convolve_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  compute(op, stack,
          [](torch::jit::Stack* values) { operator_named("aten::convolution").callBoxed(values); });
}

void convolve_backward_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  compute(op, stack, [op](torch::jit::Stack* values) {
    // The operator of all devices wants the sizes of a bias behind gradient, input and weight.
    const auto gradient =
        values->end() - static_cast<std::ptrdiff_t>(op.schema().arguments().size());
    const std::vector<std::int64_t> bias{gradient->toTensor().size(1)};
    values->insert(gradient + 3, c10::IValue(bias));
    operator_named("aten::convolution_backward").callBoxed(values);
  });
}

}  // namespace dbot::test::fake
