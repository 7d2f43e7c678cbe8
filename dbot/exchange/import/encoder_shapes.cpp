#include "dbot/exchange/import/encoder_shapes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <set>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/exchange/names/encoder_variant.h"

namespace dbot::exchange {
namespace {

constexpr double kClipEpsilon = 1e-5;  // of CLIP's norms

const at::Tensor& required(const runtime::NamedTensors& tensors, const std::string& name,
                           std::int64_t dimensions, const std::string& source) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw DataError({.operation = "load encoder",
                     .subject = source,
                     .fault = Fault::missing,
                     .reason = fmt::format(": {} is missing; expected the official names of an "
                                           "MAE, dBOT or timm vision transformer",
                                           name)});
  }
  if (found->second.dim() != dimensions || found->second.numel() == 0) {
    throw DataError({.operation = "load encoder",
                     .subject = source,
                     .fault = Fault::mismatch,
                     .reason = fmt::format(": {} has shape [{}], expected {} dimensions", name,
                                           fmt::join(found->second.sizes(), ", "), dimensions)});
  }
  return found->second;
}

/// Number of blocks; throws if their numbers have a gap.
std::int64_t count_blocks(const runtime::NamedTensors& tensors, const std::string& source) {
  constexpr std::string_view kPrefix = "blocks.";
  std::set<std::int64_t> numbers;
  for (auto entry = tensors.lower_bound(std::string(kPrefix));
       entry != tensors.end() && entry->first.starts_with(kPrefix); ++entry) {
    const char* begin = entry->first.data() + kPrefix.size();
    const char* end = entry->first.data() + entry->first.size();
    std::int64_t number = 0;
    const auto parsed = std::from_chars(begin, end, number);
    if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '.' || number < 0) {
      throw DataError(
          {.operation = "load encoder",
           .subject = source,
           .fault = Fault::corrupt,
           .reason = fmt::format(": {} is not the name of a block's tensor", entry->first)});
    }
    numbers.insert(number);
  }
  std::int64_t expected = 0;
  for (const std::int64_t number : numbers) {
    if (number != expected) {
      throw DataError({.operation = "load encoder",
                       .subject = source,
                       .fault = Fault::missing,
                       .reason = fmt::format(": blocks.{} is missing, but there is blocks.{}",
                                             expected, number)});
    }
    ++expected;
  }
  return expected;
}

/// By the norm of a head's query; 0 where there is none.
std::int64_t heads_by_norm(const runtime::NamedTensors& tensors, std::int64_t width) {
  const auto norm = tensors.find("blocks.0.attn.q_norm.weight");
  if (norm == tensors.end() || norm->second.dim() != 1 || norm->second.numel() == 0) return 0;
  return width / norm->second.numel();
}

/// One for every 64 columns. Of SigLIP's towers two have 16 of other widths.
std::int64_t usual_heads(const runtime::NamedTensors& tensors, std::int64_t width) {
  const bool pools = tensors.contains("attn_pool.latent");
  if (pools && (width == 1152 || width == 1536)) return 16;
  return width % 64 == 0 ? width / 64 : 0;
}

std::int64_t infer_heads(const runtime::NamedTensors& tensors, std::int64_t width,
                         const EncoderHints& hints, const std::string& source) {
  const at::Tensor* table = relative_position_table(tensors);
  const std::int64_t shown = table != nullptr ? table->size(1) : heads_by_norm(tensors, width);
  const std::int64_t heads = hints.heads.value_or(shown > 0 ? shown : usual_heads(tensors, width));
  if (heads < 1 || width % heads != 0) {
    const std::string said =
        hints.heads ? fmt::format("is {}", *hints.heads) : std::string("is not in the file");
    throw DataError(
        {.operation = "heads",
         .subject = source,
         .fault = hints.heads ? Fault::mismatch : Fault::missing,
         .reason = fmt::format(": the number of heads {}; expected one that divides the width {}",
                               said, width),
         .way_out = "name it (model.heads or teacher.heads of a recipe)"});
  }
  return heads;
}

/// Input size in pixels: the hint, or a square grid of as many patches as the table has rows, or as
/// the table of relative positions has distances.
core::Size infer_image_size(const runtime::NamedTensors& tensors, std::int64_t patch_size,
                            const EncoderHints& hints, const std::string& source,
                            bool class_token) {
  if (hints.image_size) return *hints.image_size;
  if (!tensors.contains("pos_embed")) {
    const at::Tensor* table = relative_position_table(tensors);
    const auto side = table != nullptr ? relative_position_side(table->size(0)) : std::nullopt;
    if (side) return {*side * patch_size, *side * patch_size};
    throw DataError({.operation = "image size",
                     .subject = source,
                     .fault = Fault::missing,
                     .reason = ": without pos_embed the image size is not in the file",
                     .way_out = "name it"});
  }
  const std::int64_t patches =
      required(tensors, "pos_embed", 3, source).size(1) - (class_token ? 1 : 0);
  const auto side =
      static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(patches))));
  if (side < 1 || side * side != patches) {
    throw DataError(
        {.operation = "image size",
         .subject = source,
         .fault = Fault::missing,
         .reason = fmt::format(": pos_embed has {} patches, which is no square grid", patches),
         .way_out = "name the image size"});
  }
  return {side * patch_size, side * patch_size};
}

}  // namespace

nn::EncoderConfig infer_config(const runtime::NamedTensors& tensors, const EncoderHints& hints,
                               const std::string& source, bool class_token) {
  const at::Tensor& patch = required(tensors, "patch_embed.proj.weight", 4, source);
  nn::EncoderConfig config;
  config.width = patch.size(0);
  config.channels = patch.size(1);
  config.patch_size = patch.size(2);
  config.depth = count_blocks(tensors, source);
  infer_variant(tensors, class_token, config);
  config.layer_norm_eps =
      hints.layer_norm_eps.value_or(config.norm_before ? kClipEpsilon : config.layer_norm_eps);
  config.heads = infer_heads(tensors, config.width, hints, source);
  config.image_size = infer_image_size(tensors, config.patch_size, hints, source, class_token);
  if (config.depth > 0) {
    const bool gated = config.mlp == nn::Mlp::gated;
    const char* first = gated ? "blocks.0.mlp.fc1_x.weight" : "blocks.0.mlp.fc1.weight";
    const std::int64_t hidden = required(tensors, first, 2, source).size(0);
    const auto width = static_cast<double>(config.width);
    config.mlp_ratio = static_cast<double>(hidden) / width;
    // The ratio must give the hidden width back when it is rounded down.
    if (static_cast<std::int64_t>(width * config.mlp_ratio) < hidden) {
      config.mlp_ratio = std::nextafter(config.mlp_ratio, HUGE_VAL);
    }
  }
  try {
    nn::check(config, "encoder");
  } catch (const UsageError& error) {
    throw data_error_about("load encoder", source, error);
  }
  return config;
}

void check_depth(const runtime::NamedTensors& tensors, std::int64_t depth,
                 const std::string& source) {
  const std::int64_t blocks = count_blocks(tensors, source);
  if (blocks != depth) {
    throw DataError({.operation = "load encoder",
                     .subject = source,
                     .fault = Fault::mismatch,
                     .reason = fmt::format(": {} says {} blocks, the file has {}",
                                           kEncoderConfigKey, depth, blocks)});
  }
}

}  // namespace dbot::exchange
