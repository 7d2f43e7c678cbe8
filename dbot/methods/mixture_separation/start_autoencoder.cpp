#include "dbot/methods/mixture_separation/start_autoencoder.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/import/decoder_file.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/methods/mixture_separation/separation_network.h"
#include "dbot/methods/start/start_weights.h"

namespace dbot::methods {
namespace {

constexpr const char* kPlainLayer = "decoder_embed";

[[noreturn]] void refuse(const std::string& path, std::string reason, std::string way_out) {
  throw UsageError({.operation = "start",
                    .subject = path,
                    .fault = Fault::mismatch,
                    .reason = std::move(reason),
                    .way_out = std::move(way_out)});
}

void same(const std::string& path, const char* key, std::int64_t stored, std::int64_t wanted) {
  if (stored == wanted) return;
  refuse(path, fmt::format("has {1} for {0}, but {0} is {2}", key, stored, wanted),
         fmt::format("set {} = {}, or start from another MAE", key, stored));
}

void require_pixel_decoder(const std::string& path, const runtime::NamedTensors& tensors) {
  const std::string weight = std::string(kPlainLayer) + ".weight";
  const bool two =
      tensors.contains("decoder_embed1.weight") && tensors.contains("decoder_embed2.weight");
  if (!tensors.contains(weight) && !two) {
    throw UsageError(
        {.operation = "start",
         .subject = path,
         .fault = Fault::missing,
         .reason = fmt::format("holds an encoder without a decoder: {} is missing", weight),
         .way_out = "name the run folder of an MAE, one of its checkpoints, or a file "
                    "of an MAE that was saved with its decoder"});
  }
  if (!tensors.contains("decoder_pred.weight")) {
    refuse(path, "has a decoder that predicts no pixels: decoder_pred.weight is missing",
           "start from an MAE");
  }
}

std::int64_t rows_of(const runtime::NamedTensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() || found->second.dim() == 0 ? 0 : found->second.size(0);
}

std::int64_t depth_of_decoder(const runtime::NamedTensors& tensors) {
  std::int64_t depth = 0;
  while (tensors.contains(fmt::format("decoder_blocks.{}.norm1.weight", depth))) ++depth;
  return depth;
}

bool has_table_of(const runtime::NamedTensors& tensors, core::Size grid) {
  const auto table = tensors.find("decoder_pos_embed");
  return table != tensors.end() && table->second.dim() == 3 && table->second.size(0) == 1 &&
         table->second.size(1) == 1 + grid.height * grid.width;
}

/// A position table that is missing is the sin-cos one, with which every network begins.
void check_shapes(const std::string& path, const runtime::NamedTensors& tensors,
                  const std::vector<nn::ParameterSpec>& specs) {
  for (const nn::ParameterSpec& spec : specs) {
    const auto found = tensors.find(spec.name);
    if (found == tensors.end() && !spec.trainable()) continue;
    if (found != tensors.end() && found->second.sizes() == at::IntArrayRef(spec.shape)) continue;
    throw DataError(
        {.operation = "start",
         .subject = path,
         .fault = Fault::mismatch,
         .reason = fmt::format(": {} is {}, expected [{}]", spec.name,
                               found == tensors.end()
                                   ? std::string("missing")
                                   : fmt::format("[{}]", fmt::join(found->second.sizes(), ", ")),
                               fmt::join(spec.shape, ", "))});
  }
}

}  // namespace

StartAutoencoder load_start_autoencoder(const std::string& path, const nn::EncoderConfig& model,
                                        const nn::DecoderConfig& decoder) {
  const std::filesystem::path file = exchange::resolve_autoencoder_path(path);
  runtime::NamedTensors of_decoder = exchange::load_decoder_tensors(file);
  require_pixel_decoder(path, of_decoder);
  StartWeights encoder = load_start_weights(file.string(), model, start_hints(model));
  const bool two = of_decoder.contains("decoder_embed2.weight");
  const std::string first = two ? "decoder_embed1.weight" : "decoder_embed.weight";
  same(path, "decoder.width", rows_of(of_decoder, first), decoder.width);
  same(path, "decoder.depth", depth_of_decoder(of_decoder), decoder.depth);
  const std::int64_t area = model.patch_size * model.patch_size;
  same(path, "model.channels", rows_of(of_decoder, "decoder_pred.weight") / area, model.channels);
  if (encoder.grid != model.grid() && has_table_of(of_decoder, encoder.grid)) {
    nn::EncoderConfig stored = model;
    stored.image_size = {encoder.grid.height * model.patch_size,
                         encoder.grid.width * model.patch_size};
    exchange::resize_positions(of_decoder, stored, model.grid());
  }
  StartAutoencoder start{.description = {.config = model,
                                         .mean = std::move(encoder.mean),
                                         .std = std::move(encoder.std),
                                         .origins = std::move(encoder.origins)},
                         .tensors = std::move(encoder.parameters),
                         .path = path};
  start.tensors.merge(std::move(of_decoder));
  check_shapes(
      path, start.tensors,
      nn::masked_autoencoder_parameters(separation_network(
          model, decoder, two ? separation_names(2) : std::vector{std::string(kPlainLayer)})));
  return start;
}

runtime::NamedTensors student_start(const StartAutoencoder& start, std::int64_t layers) {
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : start.tensors) {
    if (!name.starts_with(kPlainLayer)) tensors.emplace(name, tensor);
  }
  const std::vector<std::string> names = separation_names(layers);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string from = start.separates_two() ? separation_names(2)[i] : kPlainLayer;
    for (const char* part : {".weight", ".bias"}) {
      tensors.emplace(names[i] + part, start.tensors.at(from + part));
    }
  }
  return tensors;
}

void require_teacher(const StartAutoencoder& start) {
  if (!start.separates_two()) return;
  throw UsageError({.operation = "teacher",
                    .subject = start.path,
                    .fault = Fault::unsupported,
                    .reason = "separates mixtures, expected an MAE: its decoder_embed was never "
                              "trained",
                    .way_out = "name the MAE that teaches in teacher.path, or set "
                               "objective.distillation = 0"});
}

}  // namespace dbot::methods
