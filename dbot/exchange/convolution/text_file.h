#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "dbot/nn/masked/text_network.h"
#include "dbot/runtime/device.h"

namespace dbot::exchange {

/// One JSON object, stored under `kEncoderConfigKey`: text, an object with length, width, filters
/// and kernels.
std::string to_json(const nn::TextNetworkConfig& config);

/// Whether a weights file of ours holds such a network, by its description.
bool holds_text_network(const std::filesystem::path& file);

/// Frozen, on the device. Throws DataError for a file that is broken, naming key or tensor.
std::unique_ptr<nn::TextNetwork> load_text_network(const std::filesystem::path& file,
                                                   const runtime::Device& device = {});

}  // namespace dbot::exchange
