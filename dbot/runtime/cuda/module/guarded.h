#pragma once

#include <c10/core/Device.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <exception>
#include <string_view>

#include "dbot/runtime/cuda/module/cuda_table.h"

// The border at which exceptions of the module become values.
namespace dbot::runtime::cuda {

/// The first line: LibTorch appends a stack trace.
inline void put(CudaFailure& failure, int code, std::string_view reason) {
  reason = reason.substr(0, reason.find('\n'));
  failure.code = code;
  const auto length = std::min(reason.size(), sizeof failure.reason - 1);
  std::copy_n(reason.data(), length, failure.reason);
  failure.reason[length] = '\0';
}

template <typename Act>
int guarded(CudaFailure* failure, const Act& act) try {
  act();
  return 1;
} catch (const c10::AcceleratorError& error) {
  put(*failure, error.get_error_code(), error.what());
  return -1;
} catch (const std::exception& error) {
  put(*failure, 0, error.what());
  return -1;
}

inline c10::DeviceIndex narrow(int index) {
  return static_cast<c10::DeviceIndex>(index);
}

}  // namespace dbot::runtime::cuda
