#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace dbot::test::fake {

bool on_device(const at::Tensor& tensor);

/// The same memory as a tensor of the CPU, for as long as it is open.
at::Tensor host_view(const at::Tensor& tensor);

/// An operator of the device by the CPU's kernel, in the device's memory as it lies: other than
/// LibTorch's own fallback it copies no argument, so that strides, and with them all bits, are
/// those of the CPU. Throws Error for tensors of two devices.
void compute_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack);

/// The same of LibTorch's two operators for convolutions of devices that it does not know.
void convolve_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack);
void convolve_backward_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack);

}  // namespace dbot::test::fake
