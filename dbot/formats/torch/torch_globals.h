#pragma once

#include <optional>
#include <string_view>

#include "dbot/formats/safetensors/safetensors.h"

// The classes and functions that PyTorch checkpoints name, as far as they hold data. None is ever
// called; the list only tells a checkpoint from a file that wants something else.
namespace dbot::formats {

/// Whether a checkpoint may name it: what torch.save writes, and data-only classes of the parts
/// that are skipped (arguments, numpy numbers, paths, settings).
bool is_checkpoint_global(std::string_view module, std::string_view name);
/// The same for a TorchScript archive, whose own classes begin with __torch__.
bool is_torch_script_global(std::string_view module, std::string_view name);

/// The element type of "torch.FloatStorage" or "torch.float32"; empty if it is none of ours.
std::optional<ElementType> torch_element_type(std::string_view name);
/// Storages without a type of their own, which the tensor gives.
bool is_untyped_storage(std::string_view name);
/// Bytes of one element of a storage class, also of those no tensor is read from; empty if unknown.
std::optional<std::size_t> storage_element_size(std::string_view name);

}  // namespace dbot::formats
