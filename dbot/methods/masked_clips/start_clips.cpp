#include "dbot/methods/masked_clips/start_clips.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/import/decoder_file.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/exchange/video/clip_file.h"
#include "dbot/exchange/video/inflated_encoder.h"
#include "dbot/methods/start/start_tensor.h"
#include "dbot/methods/start/start_weights.h"
#include "dbot/nn/clip/resize_clip_positions.h"

namespace dbot::methods {
namespace {

StartFile clip_file(const std::string& path) {
  return {path, "let [model], [decoder], [clips] and [target] describe the file's network"};
}

/// The network of a file whose tables of places and steps have these rows; frames are square. One
/// learned table does not say how many steps it has: it must be of the recipe's grid.
nn::ClipConfig stored_grid(const runtime::NamedTensors& tensors, const nn::ClipConfig& network) {
  nn::ClipConfig stored = network;
  const auto rows = [&](const char* name) -> std::int64_t {
    const auto found = tensors.find(name);
    return found != tensors.end() && found->second.dim() == 3 ? found->second.size(1) : 0;
  };
  if (network.positions != nn::ClipPositions::separable) return stored;
  const auto side = std::llround(std::sqrt(static_cast<double>(rows("pos_embed_spatial"))));
  if (side > 0 && side * side == rows("pos_embed_spatial")) {
    stored.encoder.image_size = {side * network.encoder.patch_size,
                                 side * network.encoder.patch_size};
  }
  if (rows("pos_embed_temporal") > 0) stored.frames = rows("pos_embed_temporal") * network.tubelet;
  return stored;
}

/// What became of tables of another grid; empty where they are of the recipe's.
std::string resized_text(const nn::ClipConfig& stored, const nn::ClipConfig& network) {
  if (stored.steps() == network.steps() && stored.encoder.grid() == network.encoder.grid()) {
    return "";
  }
  const auto [height, width] = network.encoder.grid();
  return fmt::format("; positions of {}×{}×{} tokens resized to {}×{}×{}", stored.steps(),
                     stored.encoder.grid().height, stored.encoder.grid().width, network.steps(),
                     height, width);
}

void resize_start(const std::string& path, runtime::NamedTensors& tensors,
                  const nn::ClipConfig& stored, const nn::ClipConfig& network) {
  try {
    nn::resize_clip_positions(tensors, stored, network);
  } catch (const Error& error) {
    refuse_start(clip_file(path), std::string(": ") + error.what());
  }
}

}  // namespace

StartClips load_start_clips(const std::string& path, const nn::ClipConfig& network,
                            const std::vector<nn::ParameterSpec>& wanted) {
  const std::filesystem::path file = exchange::resolve_autoencoder_path(path);
  runtime::NamedTensors tensors = exchange::read_mae_st(file);
  const nn::ClipConfig stored = stored_grid(tensors, network);
  const std::string resized = resized_text(stored, network);
  if (!resized.empty()) resize_start(path, tensors, stored, network);
  StartClips start;
  for (const nn::ParameterSpec& spec : wanted) {
    start.tensors[spec.name] = start_tensor(clip_file(path), spec, tensors);
  }
  start.origins = exchange::read_origins(file);
  start.told = path + resized;
  return start;
}

StartClips load_start_image(const std::string& path, const nn::ClipConfig& network) {
  nn::EncoderConfig model = network.encoder;
  model.class_token = true;  // clips without one leave it out
  StartWeights image = load_start_weights(path, model, start_hints(model));
  const std::string fitting = fitting_text(image);
  return {.tensors = exchange::inflated_encoder(image.parameters, network),
          .origins = std::move(image.origins),
          .told = path + "; its kernel spread over " + std::to_string(network.tubelet) + " frames" +
                  (fitting.empty() ? "" : "; " + fitting)};
}

void FirstClips::read(ClipStart start, const std::string& path, const nn::ClipConfig& network,
                      const std::vector<nn::ParameterSpec>& wanted,
                      std::vector<exchange::WeightsOrigin>& origins) {
  if (start == ClipStart::random || tensors_) return;
  StartClips found = start == ClipStart::image ? load_start_image(path, network)
                                               : load_start_clips(path, network, wanted);
  tensors_ = std::move(found.tensors);
  told_ = std::move(found.told);
  exchange::add_origins(origins, found.origins);
}

void FirstClips::move_to(nn::ParameterStore& parameters) {
  if (tensors_) parameters.copy_from(*tensors_, /*partial=*/true);
  tensors_.reset();
}

}  // namespace dbot::methods
