#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

runtime::NamedTensors with_prefix(std::string_view prefix, const runtime::NamedTensors& tensors);
/// The tensors whose name begins with `prefix`, without it.
runtime::NamedTensors without_prefix(std::string_view prefix, const runtime::NamedTensors& tensors);

/// What a network's tensors do not say, as the JSON of `dbot.config` in a uint8 tensor, so that a
/// method's state is tensors alone.
at::Tensor description_tensor(const exchange::EncoderDescription& description);
/// Throws DataError if the tensor does not hold a description.
exchange::EncoderDescription description_of(const at::Tensor& tensor);
/// The description that a state holds under a name. Throws DataError, in the name of `operation`,
/// where there is none.
exchange::EncoderDescription stored_description(const runtime::NamedTensors& state,
                                                const std::string& name, const char* operation);

}  // namespace dbot::methods
