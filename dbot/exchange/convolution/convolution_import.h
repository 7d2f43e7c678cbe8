#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "dbot/exchange/convolution/convolution_description.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

struct LoadedConvolution {
  ConvolutionDescription description;
  runtime::NamedTensors parameters;  // with the running values, all float32
  bool own = false;                  // dbot wrote the file, and its description with it
};

struct ImportedConvolution {
  LoadedConvolution network;
  ImportReport report;
};

/// Whether a weights file holds a convolutional network rather than a vision transformer: by its
/// description, or else by the names of its tensors.
bool holds_convolution(const WeightsSource& source);
bool holds_convolution(const std::filesystem::path& file);

/// Reads a ResNet under torchvision's names (also MoCo's encoder_q and encoder_k, and Un-Mix' CIFAR
/// networks), or a chain of this project. Without `dbot.config` blocks and widths follow from the
/// tensors, the image size from the hints (else 224, or 32 behind a stem for small images). A head
/// is left. Throws DataError naming the tensor for a file that holds none, one of a network that
/// dbot does not build, or values that are not finite.
ImportedConvolution import_convolution(const std::filesystem::path& path,
                                       const EncoderHints& hints = {});

/// Has the network read another number of channels; see input_channels.h.
std::string adapt_channels(LoadedConvolution& network, std::int64_t channels);

}  // namespace dbot::exchange
