#include "dbot/exchange/import/encoder_file.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/position_table.h"
#include "dbot/nn/vit/relative_positions.h"

namespace dbot::exchange {

runtime::NamedTensors encoder_tensors(const nn::EncoderConfig& config,
                                      const runtime::NamedTensors& parameters) {
  runtime::NamedTensors stored;
  for (const auto& spec : nn::encoder_parameters(config)) {
    const auto found = parameters.find(spec.name);
    if (found == parameters.end() || found->second.sizes() != at::IntArrayRef(spec.shape)) {
      throw Error(fmt::format("[save encoder] {} is {}, expected [{}]", spec.name,
                              found == parameters.end()
                                  ? std::string("missing")
                                  : fmt::format("[{}]", fmt::join(found->second.sizes(), ", ")),
                              fmt::join(spec.shape, ", ")));
    }
    stored.emplace(spec.name, found->second.detach().to(at::kFloat));
  }
  return stored;
}

void save_backbone(const std::filesystem::path& path, const std::string& description,
                   const runtime::NamedTensors& tensors) {
  write_tensor_file(path, tensors, {{"format", "pt"}, {kEncoderConfigKey, description}});
}

void save_encoder(const std::filesystem::path& path, const EncoderDescription& description,
                  const runtime::NamedTensors& parameters) {
  EncoderDescription encoder = description;
  encoder.head.reset();
  save_backbone(path, to_json(encoder), encoder_tensors(encoder.config, parameters));
}

LoadedEncoder load_encoder(const std::filesystem::path& path, const EncoderHints& hints) {
  return import_encoder(resolve_model_path(path), hints).encoder;
}

void resize_positions(runtime::NamedTensors& parameters, const nn::EncoderConfig& config,
                      core::Size to) {
  const core::Size from = config.grid();
  const nn::TableResize how{
      .prefix_rows = config.class_token ? 1 : 0,
      .antialias = config.position_resize == nn::PositionResize::antialiased,
      .offset = config.position_resize == nn::PositionResize::offset ? nn::kDinoOffset : 0};
  for (auto& [name, tensor] : parameters) {
    if (name.ends_with("pos_embed")) tensor = nn::resize_position_table(tensor, from, to, how);
    if (name.ends_with("relative_position_bias_table")) {
      tensor = nn::resize_relative_positions(tensor, from, to);
    }
  }
}

std::unique_ptr<nn::VisionTransformer> make_encoder(const LoadedEncoder& encoder,
                                                    std::optional<core::Size> image_size,
                                                    const runtime::Device& device,
                                                    std::optional<nn::PositionResize> positions) {
  nn::EncoderConfig config = encoder.description.config;
  runtime::NamedTensors parameters = encoder.parameters;
  if (image_size && *image_size != config.image_size) {
    nn::EncoderConfig before = config;
    if (positions) before.position_resize = *positions;
    config.image_size = *image_size;
    nn::check(config, "encoder");
    resize_positions(parameters, before, config.grid());
  }
  auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config), device);
  store->copy_from(parameters);
  store->freeze();
  return std::make_unique<nn::VisionTransformer>(config, std::move(store));
}

}  // namespace dbot::exchange
