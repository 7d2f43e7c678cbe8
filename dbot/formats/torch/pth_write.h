#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "dbot/core/files/told_writing.h"
#include "dbot/formats/safetensors/safetensors.h"

namespace dbot::formats {

/// Writes a state dict as torch.save does since PyTorch 1.6: an archive of a pickle and one file a
/// tensor. torch.load with weights_only reads it: an OrderedDict in the given order or, with
/// `root`, {root: that OrderedDict}. `attributes` are attributes of the OrderedDict: no entries, so
/// that load_state_dict passes them over; WeightsFile::metadata() has them. Equal input gives equal
/// bytes. `written` may be empty. Returns the file's bytes. Throws Error with the path and the
/// reason. Source: docs/methods/mae.md §8.
std::uint64_t write_pth(const std::filesystem::path& path, std::span<const TensorBytes> tensors,
                        std::string_view root = {},
                        const std::map<std::string, std::string>& attributes = {},
                        const core::OnWritten& written = {});

}  // namespace dbot::formats
