#pragma once

#include "dbot/exchange/convolution/convolution_import.h"
#include "dbot/exchange/export/export_network.h"

namespace dbot::exchange {

/// Throws UsageError if the format has no place for the network: all but safetensors and pth, and
/// torchvision for ResNets as wide as torchvision's. Writes nothing.
void check_export(const LoadedConvolution& network, ExportFormat format);

/// Hands a convolutional network to other tools, float32 with passes counted in int64 as PyTorch
/// has them; equal networks give equal bytes. Errors as above, and Error with the path and the
/// reason.
Exported export_convolution(const LoadedConvolution& network, const ExportOptions& options);

}  // namespace dbot::exchange
