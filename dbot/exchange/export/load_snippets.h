#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/onnx/onnx_encoder.h"

// Python programs, complete and short, that load what an export wrote and compute features of an
// image file, "image.jpg" where they are run; of an image made up where it has neither one channel
// nor three. Paths stand in them as they were given.
namespace dbot::exchange {

/// Official names; `root`: the key of a .pth file under which they stand, or none.
std::string weights_snippet(const std::filesystem::path& out, std::string_view root);
std::string timm_snippet(const std::filesystem::path& out, const EncoderDescription& description);
std::string hugging_face_snippet(const std::filesystem::path& folder,
                                 const EncoderDescription& description,
                                 const std::string& model_class);
std::string onnx_snippet(const std::filesystem::path& out, const EncoderDescription& description,
                         OnnxPixels pixels);

}  // namespace dbot::exchange
