#include "dbot/exchange/encoder_file.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/encoder_shapes.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/nn/position_table.h"
#include "dbot/nn/relative_positions.h"

namespace dbot::exchange {
namespace {

constexpr std::int64_t kMostPatches = 1 << 20;

at::Tensor sincos_table(const nn::EncoderConfig& config, const std::string& source) {
  if (config.patches() > kMostPatches) {
    throw DataError(fmt::format(
        "[load encoder] {}: an image of {}×{} has {} patches, expected at "
        "most {}; choose a smaller image size",
        source, config.image_size.height, config.image_size.width, config.patches(), kMostPatches));
  }
  return nn::sincos_table_2d(config.width, config.grid()).to(at::kFloat).unsqueeze(0);
}

/// The encoder's tensors as float32, each of the shape that the configuration asks for.
nn::NamedTensors take_parameters(nn::NamedTensors& tensors, const nn::EncoderConfig& config,
                                 const std::string& source) {
  nn::NamedTensors parameters;
  for (const auto& spec : nn::encoder_parameters(config)) {
    const auto found = tensors.find(spec.name);
    if (found == tensors.end()) {
      throw DataError(fmt::format("[load encoder] {}: {} is missing, expected [{}]", source,
                                  spec.name, fmt::join(spec.shape, ", ")));
    }
    const at::Tensor& tensor = found->second;
    if (tensor.sizes() != at::IntArrayRef(spec.shape) || !tensor.is_floating_point()) {
      throw DataError(fmt::format("[load encoder] {}: {} is {} [{}], expected floating point [{}]",
                                  source, spec.name, c10::toString(tensor.scalar_type()),
                                  fmt::join(tensor.sizes(), ", "), fmt::join(spec.shape, ", ")));
    }
    parameters.emplace(spec.name, tensor.to(at::kFloat));
  }
  return parameters;
}

/// Absolute and relative position tables, whichever there are, for another grid.
void resize_positions(nn::NamedTensors& parameters, core::Size from, core::Size to) {
  for (auto& [name, tensor] : parameters) {
    if (name == "pos_embed") tensor = nn::resize_position_table(tensor, from, to);
    if (name.ends_with("relative_position_bias_table")) {
      tensor = nn::resize_relative_positions(tensor, from, to);
    }
  }
}

}  // namespace

void save_encoder(const std::filesystem::path& path, const EncoderDescription& description,
                  const nn::NamedTensors& parameters) {
  nn::NamedTensors stored;
  for (const auto& spec : nn::encoder_parameters(description.config)) {
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
  write_tensor_file(path, stored, {{"format", "pt"}, {kEncoderConfigKey, to_json(description)}});
}

LoadedEncoder load_encoder(const std::filesystem::path& path, const EncoderHints& hints) {
  const std::string source = path.string();
  TensorFile file = read_tensor_file(path);
  LoadedEncoder result;
  if (const auto stored = file.metadata.find(kEncoderConfigKey); stored != file.metadata.end()) {
    result.description = description_from_json(stored->second, source);
    // Before anything is counted out by the description: the tensors bound it.
    check_depth(file.tensors, result.description.config.depth, source);
  } else {
    result.description.config = infer_config(file.tensors, hints, source);
  }
  const nn::EncoderConfig& config = result.description.config;
  if (config.position_table && !file.tensors.contains("pos_embed")) {
    file.tensors.emplace("pos_embed", sincos_table(config, source));
  }
  result.parameters = take_parameters(file.tensors, config, source);
  return result;
}

std::unique_ptr<nn::VisionTransformer> make_encoder(const LoadedEncoder& encoder,
                                                    std::optional<core::Size> image_size) {
  nn::EncoderConfig config = encoder.description.config;
  nn::NamedTensors parameters = encoder.parameters;
  if (image_size && *image_size != config.image_size) {
    const core::Size before = config.grid();
    config.image_size = *image_size;
    nn::check(config, "encoder");
    resize_positions(parameters, before, config.grid());
  }
  auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config));
  store->copy_from(parameters);
  store->freeze();
  return std::make_unique<nn::VisionTransformer>(config, std::move(store));
}

}  // namespace dbot::exchange
