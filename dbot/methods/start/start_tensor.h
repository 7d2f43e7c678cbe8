#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// A file of first weights, and what makes a recipe fit it.
struct StartFile {
  std::string path;
  std::string way_out;
};

/// Throws UsageError: the file's network is not the recipe's.
[[noreturn]] void refuse_start(const StartFile& file, const std::string& reason);

/// The file's tensor of a parameter, in float32. Throws UsageError where it is not there or of
/// another shape, DataError where its values are not finite.
at::Tensor start_tensor(const StartFile& file, const nn::ParameterSpec& spec,
                        const runtime::NamedTensors& tensors);

}  // namespace dbot::methods
