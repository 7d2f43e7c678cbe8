#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "dbot/nn/named_tensors.h"

namespace dbot::exchange {

struct TensorFile {
  nn::NamedTensors tensors;  // own memory
  std::map<std::string, std::string> metadata;
};

/// Reads a safetensors file into tensors. Throws DataError naming the file and what is wrong.
TensorFile read_tensor_file(const std::filesystem::path& path);
/// Writes tensors in the order of their names; equal input gives equal bytes. `replace`: write
/// aside, fsync, rename.
void write_tensor_file(const std::filesystem::path& path, const nn::NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata, bool replace = true);

}  // namespace dbot::exchange
