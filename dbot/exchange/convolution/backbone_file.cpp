#include "dbot/exchange/convolution/backbone_file.h"

#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/convolution/convolution_import.h"
#include "dbot/exchange/convolution/dense_file.h"
#include "dbot/exchange/convolution/text_file.h"
#include "dbot/exchange/video/clip_file.h"
#include "dbot/nn/convolution/convolution_network.h"

namespace dbot::exchange {
namespace {

LoadedBackbone load_convolution(const std::filesystem::path& file,
                                std::optional<core::Size> image_size,
                                const runtime::Device& device) {
  ImportedConvolution imported = import_convolution(file);
  ConvolutionDescription& description = imported.network.description;
  if (image_size) description.config.image_size = *image_size;
  nn::check(description.config);
  auto store =
      std::make_shared<nn::ParameterStore>(nn::convolution_tensors(description.config), device);
  store->copy_from(imported.network.parameters);
  store->freeze();
  LoadedBackbone loaded;
  loaded.assumed =
      assume_normalisation(description.mean, description.std, description.config.channels);
  loaded.width = description.config.width();
  loaded.mean = description.mean;
  loaded.std = description.std;
  loaded.value_range = description.value_range;
  loaded.network = std::make_unique<nn::ConvolutionNetwork>(description.config, std::move(store));
  loaded.report = std::move(imported.report);
  return loaded;
}

LoadedBackbone load_clip_backbone(const std::filesystem::path& file,
                                  std::optional<core::Size> image_size,
                                  const runtime::Device& device) {
  LoadedClips clips = load_clips(file, image_size, device);
  ClipDescription& description = clips.description;
  const nn::EncoderConfig& encoder = description.config.encoder;
  LoadedBackbone loaded;
  loaded.assumed = assume_normalisation(description.mean, description.std, encoder.channels);
  loaded.width = encoder.width;
  loaded.mean = description.mean;
  loaded.std = description.std;
  loaded.value_range = description.value_range;
  loaded.network = std::move(clips.network);
  return loaded;
}

/// Dense layers take one size alone.
LoadedBackbone load_dense_backbone(const std::filesystem::path& file,
                                   std::optional<core::Size> image_size,
                                   const runtime::Device& device) {
  LoadedDense dense = load_dense(file, device);
  const nn::ImageInput& images = dense.description.config.images;
  if (image_size && *image_size != images.size) {
    throw UsageError({.operation = "load encoder",
                      .subject = file.string(),
                      .fault = Fault::mismatch,
                      .reason = "has dense layers, which read one size of images alone",
                      .way_out = "leave the other size out"});
  }
  LoadedBackbone loaded;
  loaded.assumed =
      assume_normalisation(dense.description.mean, dense.description.std, images.channels);
  loaded.width = dense.description.config.hidden.back();
  loaded.mean = dense.description.mean;
  loaded.std = dense.description.std;
  loaded.value_range = dense.description.value_range;
  loaded.network = std::move(dense.network);
  return loaded;
}

LoadedBackbone load_text_backbone(const std::filesystem::path& file,
                                  const runtime::Device& device) {
  auto network = load_text_network(file, device);
  LoadedBackbone loaded;
  loaded.width = network->config().features();
  // It reads no pixels: whoever asks for their normalisation gets one that changes nothing.
  loaded.mean = {0};
  loaded.std = {1};
  loaded.network = std::move(network);
  return loaded;
}

}  // namespace

LoadedBackbone load_backbone(const std::filesystem::path& file,
                             std::optional<core::Size> image_size, const runtime::Device& device) {
  if (holds_clips(file)) return load_clip_backbone(file, image_size, device);
  if (holds_dense(file)) return load_dense_backbone(file, image_size, device);
  if (holds_text_network(file)) return load_text_backbone(file, device);
  if (holds_convolution(file)) return load_convolution(file, image_size, device);
  ImportedEncoder imported = import_encoder(file);
  EncoderDescription& description = imported.encoder.description;
  LoadedBackbone loaded;
  loaded.network = make_encoder(imported.encoder, image_size, device);
  loaded.assumed = assume_normalisation(description);
  loaded.width = description.config.width;
  loaded.mean = description.mean;
  loaded.std = description.std;
  loaded.value_range = description.value_range;
  loaded.report = std::move(imported.report);
  return loaded;
}

}  // namespace dbot::exchange
