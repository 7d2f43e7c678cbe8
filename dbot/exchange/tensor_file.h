#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "dbot/core/files/told_writing.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

struct TensorFile {
  runtime::NamedTensors tensors;  // own memory
  std::map<std::string, std::string> metadata;
};

/// Reads a safetensors file into tensors. Throws DataError naming the file and what is wrong.
TensorFile read_tensor_file(const std::filesystem::path& path);
/// Writes tensors in the order of their names; equal input gives equal bytes. `replace`: write
/// aside, fsync, rename, and tell `written`, which may be empty.
void write_tensor_file(const std::filesystem::path& path, const runtime::NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata, bool replace = true,
                       const core::OnWritten& written = {});

/// The same tensors, in the same order, as a state dict of PyTorch; `root`: under that key of a
/// dictionary; `metadata` as attributes (formats::write_pth). Returns the file's bytes.
std::uint64_t write_pth_file(const std::filesystem::path& path,
                             const runtime::NamedTensors& tensors, std::string_view root,
                             const std::map<std::string, std::string>& metadata = {},
                             const core::OnWritten& written = {});

}  // namespace dbot::exchange
