#include "dbot/methods/state_names.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <string>

#include "dbot/core/error.h"

namespace dbot::methods {

runtime::NamedTensors with_prefix(std::string_view prefix, const runtime::NamedTensors& tensors) {
  runtime::NamedTensors result;
  for (const auto& [name, tensor] : tensors) result[std::string(prefix) + name] = tensor;
  return result;
}

runtime::NamedTensors without_prefix(std::string_view prefix,
                                     const runtime::NamedTensors& tensors) {
  runtime::NamedTensors result;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) result[name.substr(prefix.size())] = tensor;
  }
  return result;
}

at::Tensor description_tensor(const exchange::EncoderDescription& description) {
  const std::string json = exchange::to_json(description);
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(json.size())}, at::kByte);
  std::memcpy(tensor.mutable_data_ptr<std::uint8_t>(), json.data(), json.size());
  return tensor;
}

exchange::EncoderDescription description_of(const at::Tensor& tensor) {
  if (tensor.scalar_type() != at::kByte || tensor.dim() != 1) {
    throw DataError({.operation = "state",
                     .fault = Fault::corrupt,
                     .reason = "the description of a network is not a vector of bytes"});
  }
  const at::Tensor bytes = tensor.contiguous();
  const auto* begin = reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>());
  return exchange::description_from_json({begin, static_cast<std::size_t>(bytes.numel())},
                                         "the stored state");
}

exchange::EncoderDescription stored_description(const runtime::NamedTensors& state,
                                                const std::string& name, const char* operation) {
  const auto found = state.find(name);
  if (found == state.end()) {
    throw DataError({.operation = operation,
                     .subject = name,
                     .fault = Fault::missing,
                     .reason = "is missing in the stored state",
                     .way_out = "was it another method's?"});
  }
  return description_of(found->second);
}

}  // namespace dbot::methods
