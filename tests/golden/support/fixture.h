#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "dbot/runtime/named_tensors.h"

namespace dbot::golden {

/// One reference file. The header's `config` says everything a case needs beside the tensors.
struct Fixture {
  std::filesystem::path path;
  nlohmann::json config;
  runtime::NamedTensors tensors;

  bool has(const std::string& name) const { return tensors.contains(name); }
  /// Throws Error naming the tensor if it is not there.
  const at::Tensor& at(const std::string& name) const;
  /// Tensors whose names begin with `prefix`, under the rest of their names.
  runtime::NamedTensors with_prefix(const std::string& prefix) const;
};

/// A value of `config`, or `fallback` where the key is missing or null.
template <typename Value>
Value value_or(const nlohmann::json& config, const char* key, Value fallback) {
  const auto found = config.find(key);
  return found == config.end() || found->is_null() ? fallback : found->get<Value>();
}

/// The `case` of a file's header, empty if it has none. Throws DataError if the file is malformed.
std::string case_of(const std::filesystem::path& path);

Fixture read_fixture(const std::filesystem::path& path);

}  // namespace dbot::golden
