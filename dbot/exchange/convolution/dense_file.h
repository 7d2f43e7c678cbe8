#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/masked/dense_network.h"
#include "dbot/runtime/device.h"

namespace dbot::exchange {

/// A network of dense layers, and the pixel normalisation it was trained with.
struct DenseDescription {
  nn::DenseConfig config;
  std::vector<double> mean = {}, std = {};
  std::vector<double> value_range = {};
};

/// One JSON object, stored under `kEncoderConfigKey`: dense, an object with the widths of its
/// hidden layers; image_size [height, width], channels, mean, std, and perhaps value_range.
std::string to_json(const DenseDescription& description);

/// Whether a weights file of ours holds such a network, by its description.
bool holds_dense(const std::filesystem::path& file);

struct LoadedDense {
  DenseDescription description;
  std::unique_ptr<nn::DenseNetwork> network;  // frozen, on the device
};

/// Reads such a file. Throws DataError for one that is broken, naming key or tensor.
LoadedDense load_dense(const std::filesystem::path& file, const runtime::Device& device = {});

}  // namespace dbot::exchange
