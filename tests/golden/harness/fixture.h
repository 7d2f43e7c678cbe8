#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "dbot/runtime/device.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::golden {

/// One reference file: what its header says, and its tensors. It remembers which tensors it handed
/// out as inputs, so that Comparison can name those nobody looked at.
struct Fixture {
  std::filesystem::path path;
  /// The header's `config`: what a case needs beside the tensors. An empty object if there is none.
  nlohmann::json config;

  /// Throws Error if the entry `config` is there and no JSON.
  Fixture(const std::filesystem::path& file, runtime::NamedTensors tensors,
          std::map<std::string, std::string> metadata);

  bool has_entry(const std::string& name) const { return metadata_.contains(name); }
  /// Any entry of the header, as it stands there. Throws Error naming it if it is not there.
  const std::string& entry(const std::string& name) const;
  /// The same as JSON. Throws Error if it is none.
  nlohmann::json json_entry(const std::string& name) const;

  bool has(const std::string& name) const { return tensors_.contains(name); }
  /// The names that begin with `prefix`, without it, sorted. Naming a tensor does not read it.
  std::vector<std::string> names(const std::string& prefix = "") const;

  /// Where the case is to compute: inputs lie there from now on.
  void compute_on(const runtime::Device& device) { device_ = device; }
  const runtime::Device& device() const { return device_; }

  /// An input of the case. Throws Error naming the tensor if it is not there.
  const at::Tensor& at(const std::string& name) const;
  /// Inputs whose names begin with `prefix`, under the rest of their names.
  runtime::NamedTensors with_prefix(const std::string& prefix) const;

  /// A tensor's shape, type or values, without counting as read, on the host. Throws like `at`.
  const at::Tensor& peek(const std::string& name) const;
  bool was_read(const std::string& name) const { return read_.contains(name); }

 private:
  runtime::NamedTensors tensors_;
  std::map<std::string, std::string> metadata_;
  runtime::Device device_;
  mutable runtime::NamedTensors placed_;  // inputs that were asked for, on the device
  mutable std::set<std::string> read_;    // a record of the reader's doing, no part of the file
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
