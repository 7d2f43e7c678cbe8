#pragma once

#include <string_view>

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/formats/onnx/onnx_model.h"

namespace dbot::exchange {

/// What the input `images` of an exported graph holds: float32 already normalised; float32 in 0…1;
/// or uint8 in 0…255. The latter two are normalised in the graph.
enum class OnnxPixels { normalised, unit, bytes };

/// "normalised", "unit" or "bytes". Throws UsageError naming `option` for other words.
OnnxPixels parse_onnx_pixels(std::string_view text, std::string_view option);

/// The network as an ONNX graph of standard operators (opset 17):
///   images  [batch, channels, height, width], any size; what is left of a side that is no multiple
///           of the patch size is not looked at
///   cls     float32 [batch, width]: the cls token after the final norm, or what attention pooling
///           gives; absent where there is neither
///   mean    float32 [batch, width]: the mean of the patch tokens after the final norm
///   patches float32 [batch, patches, width]: patch tokens after the final norm, row-major
/// Of a classifier instead:
///   logits   float32 [batch, classes], and
///   features float32 [batch, width], what its head looks at.
/// Networks with relative or rotary positions, and those whose table is not resized by plain
/// bicubic interpolation, are for one image size: there height and width are numbers. A projection
/// behind the final norm is not part of it, as it is no part of the features of embed. The position
/// table is resized in the graph as nn::resize_position_table does. Metadata: dbot.config, and
/// `mean` and `std` of pixels in 0…1 as JSON lists where they are known. Shares memory with
/// `encoder`. Throws UsageError if pixels are to be normalised and it is not known how.
formats::OnnxModel onnx_encoder(const LoadedEncoder& encoder, OnnxPixels pixels);

}  // namespace dbot::exchange
