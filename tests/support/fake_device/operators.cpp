#include "tests/support/fake_device/operators.h"

#include <ATen/InferSize.h>
#include <ATen/TensorUtils.h>
#include <torch/library.h>

#include <optional>
#include <utility>

#include "dbot/core/error.h"
#include "tests/support/fake_device/attention.h"
#include "tests/support/fake_device/host_operators.h"
#include "tests/support/fake_device/late_reads.h"
#include "tests/support/fake_device/memory.h"
#include "tests/support/fake_device/record.h"
#include "tests/support/fake_device/recurrent_cell.h"
#include "tests/support/fake_device/tape.h"

namespace dbot::test::fake {
namespace {

constexpr auto kKey = c10::DispatchKey::PrivateUse1;

at::Tensor make_empty(at::IntArrayRef size, std::optional<at::ScalarType> type,
                      std::optional<at::Layout> /*layout*/, std::optional<at::Device> /*device*/,
                      std::optional<bool> /*pinned*/,
                      std::optional<at::MemoryFormat> /*memory_format*/) {
  const at::ScalarType dtype = c10::dtype_or_default(type);
  const auto bytes =
      c10::multiply_integers(size) * static_cast<std::int64_t>(c10::elementSize(dtype));
  c10::Storage storage(c10::Storage::use_byte_size_t(), static_cast<std::size_t>(bytes),
                       device_allocator().allocate(static_cast<std::size_t>(bytes)),
                       &device_allocator(), /*resizable=*/true);
  at::Tensor tensor = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(kKey), c10::scalarTypeToTypeMeta(dtype));
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  return tensor;
}

at::Tensor make_empty_strided(at::IntArrayRef size, at::IntArrayRef stride,
                              std::optional<at::ScalarType> type, std::optional<at::Layout> layout,
                              std::optional<at::Device> place, std::optional<bool> pinned) {
  std::int64_t extent = 1;
  for (std::size_t i = 0; i < size.size(); ++i) {
    extent = size[i] == 0 || extent == 0 ? 0 : extent + (size[i] - 1) * stride[i];
  }
  at::Tensor tensor = make_empty({extent}, type, layout, place, pinned, {});
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride);
  return tensor;
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  const bool leaves = on_device(from) && !on_device(to);
  const bool comes = !on_device(from) && on_device(to);
  const bool late = leaves && non_blocking && to.is_contiguous();
  if (leaves) refuse_in_graph("the host reads a tensor");
  if (comes) refuse_in_graph("a tensor is uploaded");
  if (leaves) {
    tell_transfer(late ? Transfer::Kind::late_read : Transfer::Kind::read, from.nbytes());
  }
  if (comes) tell_transfer(Transfer::Kind::upload, to.nbytes());
  if (!leaves && !comes) tell_operator("aten::copy_ " + c10::str(to.sizes()));
  const Open open;
  const Inside inside;
  const at::Tensor values = on_device(from) ? host_view(from) : from;
  if (late) {
    read_late(values, to);
    return to;
  }
  if (leaves) finish_late_reads(late_reads_so_far());  // who waits for one waits for all before it
  const at::Tensor there = on_device(to) ? host_view(to) : to;
  there.copy_(values);
  if (is_recording()) keep_on_tape([there, values] { there.copy_(values); });
  return to;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  to.resize_(from.sizes());
  return copy_from(from, to, /*non_blocking=*/false);
}

at::Scalar read_number(const at::Tensor& tensor) {
  refuse_in_graph("the host reads a number");
  tell_transfer(Transfer::Kind::read, tensor.nbytes());
  const Open open;
  finish_late_reads(late_reads_so_far());
  return host_view(tensor).item();
}

/// Without an offset that of the view stays.
at::Tensor as_strided(const at::Tensor& tensor, at::IntArrayRef size, at::IntArrayRef stride,
                      std::optional<std::int64_t> offset) {
  at::Tensor result = at::detail::make_tensor<c10::TensorImpl>(
      c10::TensorImpl::VIEW, c10::Storage(tensor.storage()), tensor.key_set(), tensor.dtype());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride,
                                                      offset.value_or(tensor.storage_offset()));
  return result;
}

at::Tensor reshape_alias(const at::Tensor& tensor, at::IntArrayRef size, at::IntArrayRef stride) {
  return as_strided(tensor, size, stride, tensor.storage_offset());
}

at::Tensor view(const at::Tensor& tensor, at::IntArrayRef size) {
  const at::DimVector sides = at::infer_size_dv(size, tensor.numel());
  const auto stride = at::detail::computeStride(tensor.sizes(), tensor.strides(), sides);
  if (!stride) throw Error("[fake device] these sizes are no view of the tensor");
  return as_strided(tensor, sides, *stride, tensor.storage_offset());
}

const at::Tensor& resize(const at::Tensor& tensor, at::IntArrayRef size,
                         std::optional<at::MemoryFormat> /*memory_format*/) {
  if (tensor.sizes() == size) return tensor;  // a view keeps its strides
  const auto bytes = tensor.element_size() * static_cast<std::size_t>(c10::multiply_integers(size));
  const c10::Storage& storage = tensor.storage();
  if (storage.nbytes() < bytes) {
    storage.set_data_ptr_noswap(device_allocator().allocate(bytes));
    storage.set_nbytes(bytes);
  }
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  return tensor;
}

}  // namespace

void install_operators() {
  static torch::Library own(torch::Library::IMPL, "aten", kKey, __FILE__, __LINE__);
  own.impl("empty.memory_format", &make_empty);
  own.impl("empty_strided", &make_empty_strided);
  own.impl("_copy_from", &copy_from);
  own.impl("_copy_from_and_resize", &copy_from_and_resize);
  own.impl("_local_scalar_dense", &read_number);
  own.impl("as_strided", &as_strided);
  own.impl("view", &view);
  own.impl("_reshape_alias", &reshape_alias);
  own.impl("resize_", &resize);
  // LibTorch has formulas of its own for devices without these; the CPU and GPUs have kernels.
  for (const char* kernel : {"native_layer_norm", "native_group_norm", "silu_backward"}) {
    own.impl(kernel, torch::CppFunction::makeFromBoxedFunction<&compute_on_host>());
  }
  own.impl("convolution_overrideable",
           torch::CppFunction::makeFromBoxedFunction<&convolve_on_host>());
  own.impl("convolution_backward_overrideable",
           torch::CppFunction::makeFromBoxedFunction<&convolve_backward_on_host>());
  own.impl("_thnn_fused_gru_cell", &gru_cell);
  own.impl("_thnn_fused_gru_cell_backward", &gru_cell_backward);
  static torch::Library others(torch::Library::IMPL, "_", kKey, __FILE__, __LINE__);
  others.fallback(torch::CppFunction::makeFromBoxedFunction<&compute_on_host>());
  install_attention();
}

}  // namespace dbot::test::fake
