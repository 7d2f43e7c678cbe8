#pragma once

#include <filesystem>

#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// Throws DataError, naming file and tensor, unless a file of ours has this parameter in its shape,
/// as finite floating-point numbers.
void check_stored_tensor(const std::filesystem::path& file, const nn::ParameterSpec& spec,
                         const runtime::NamedTensors& tensors);

}  // namespace dbot::exchange
