#include "dbot/exchange/import/foreign_description.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/exchange/import/encoder_shapes.h"
#include "dbot/exchange/kinds/folder_description.h"
#include "dbot/exchange/kinds/missing_parts.h"
#include "dbot/exchange/kinds/position_rows.h"
#include "dbot/exchange/kinds/rotary_kind.h"
#include "dbot/exchange/kinds/unified_blocks.h"
#include "dbot/exchange/names/encoder_variant.h"

namespace dbot::exchange {
namespace {

constexpr double kDinov3Epsilon = 1e-5;
constexpr std::int64_t kUsualSide = 224;  // pixels, of networks that take any size

[[noreturn]] void refuse(const std::string& source, Fault fault, const std::string& reason,
                         const std::string& way_out = {}) {
  throw DataError({.operation = "load encoder",
                   .subject = source,
                   .fault = fault,
                   .reason = ": " + reason,
                   .way_out = way_out});
}

/// Hints of the caller first, then what the folder says.
EncoderHints joined(EncoderHints hints, const FolderDescription& folder) {
  if (!hints.heads) hints.heads = folder.heads;
  if (!hints.image_size) hints.image_size = folder.image_size;
  if (!hints.layer_norm_eps) hints.layer_norm_eps = folder.layer_norm_eps;
  return hints;
}

/// How the names of one encoder are written, where it says more than the tensors do.
struct Names {
  const EncoderPlace& place;

  bool is(NameStyle style) const { return place.style == style; }
  /// Below the encoder's place, as it stands in the file but for wrappers.
  bool has(std::string_view ending) const {
    return std::ranges::any_of(place.below, [ending](const PlacedTensor& tensor) {
      return tensor.plain.ends_with(ending);
    });
  }
};

/// One network on its way from tensors to a description.
class Describing {
 public:
  Describing(runtime::NamedTensors& tensors, const EncoderHints& hints, const WeightsSource& source,
             const EncoderPlace& place, ImportedEncoder& result)
      : tensors_(tensors),
        source_(source.path().string()),
        folder_(describe_folder(source.path())),
        hints_(joined(hints, folder_)),
        size_named_(hints.image_size.has_value()),
        names_{place},
        report_(result.report),
        encoder_(result.encoder) {}

  void run() {
    if (names_.is(NameStyle::hugging_face_dinov3)) name_ungated(tensors_);
    unify_blocks(tensors_, source_, report_.assumed);
    const bool pooled = take_pooled_norm(tensors_, encoder_.head, report_.filled);
    fill_attention_biases(tensors_, report_.filled);
    rotary_ = find_rotary(tensors_, folder_.rotary, source_, report_.assumed);
    fill_hints();
    check_positions();
    const PositionFacts facts = position_facts();
    const bool without_class = lacks_class_token(tensors_, facts) || rotary_without_class();
    place_positions(tensors_, facts, source_, report_.filled);
    nn::EncoderConfig& config = encoder_.description.config;
    config = infer_config(tensors_, hints_, source_, !without_class);
    if (!config.can_be_trained()) {
      config.patch_bias = tensors_.contains("patch_embed.proj.bias");
      fill_matrix_biases(tensors_, report_.filled);
    }
    set_rotary(config);
    check_folder(config);
    set_gelu(config);
    config.pooled_norm = pooled && !config.can_be_trained();
    config.position_resize = position_resize(config);
    describe_pixels();
    for (const std::string& field : folder_.not_followed) report_.not_followed.push_back(field);
  }

 private:
  bool has(const std::string& name) const { return tensors_.contains(name); }

  bool is_dinov3() const {
    return rotary_ && rotary_->rotary.coordinates == nn::RotaryCoordinates::centred;
  }
  bool is_eva() const { return rotary_ && !is_dinov3(); }
  bool is_siglip() const {
    return has("attn_pool.latent") || folder_.family.find("siglip") != std::string::npos;
  }

  std::int64_t patch_size() const {
    const auto patch = tensors_.find("patch_embed.proj.weight");
    return patch != tensors_.end() && patch->second.dim() == 4 ? patch->second.size(2) : 0;
  }

  PositionFacts position_facts() const {
    return {.patch_size = patch_size(),
            .image_size = hints_.image_size,
            .registers_unplaced = !names_.has("reg_token")};
  }

  /// A network whose positions are rotary alone shows a class token only by having it; DINOv3's own
  /// files always have one.
  bool rotary_without_class() const {
    return rotary_ && !has("pos_embed") && !has("cls_token") && !rotary_->periods.defined() &&
           !names_.is(NameStyle::hugging_face_dinov3);
  }

  void fill_hints() {
    if (!hints_.layer_norm_eps && is_dinov3()) hints_.layer_norm_eps = kDinov3Epsilon;
    const std::int64_t patch = patch_size();
    cut_size(patch);
    if (!hints_.image_size && rotary_ && !has("pos_embed") && patch > 0) {
      const std::int64_t side = std::max<std::int64_t>(1, kUsualSide / patch) * patch;
      hints_.image_size = core::Size{side, side};
      report_.assumed.push_back(
          fmt::format("image size: {}×{} pixels; its positions fit any size", side, side));
    }
    const auto width = tensors_.find("norm.weight");
    if (hints_.heads || width == tensors_.end() || !rotary_ || !rotary_->periods.defined()) return;
    const std::int64_t columns = 4 * rotary_->periods.numel();
    if (columns > 0 && width->second.numel() % columns == 0) {
      hints_.heads = width->second.numel() / columns;
    }
  }

  /// Published sizes need not be multiples of the patch (SigLIP: 384 in patches of 14). Their
  /// libraries do not look at what is left; dbot gives the network as much as it looks at.
  void cut_size(std::int64_t patch) {
    if (size_named_ || !hints_.image_size || patch < 1) return;
    const auto [height, width] = *hints_.image_size;
    const core::Size cut{height / patch * patch, width / patch * patch};
    if (cut == *hints_.image_size || cut.height == 0 || cut.width == 0) return;
    hints_.image_size = cut;
    report_.not_followed.push_back(
        fmt::format("image size {}×{}: {}×{} pixels are as much as patches of {} cover", height,
                    width, cut.height, cut.width, patch));
  }

  /// Of networks whose positions no tensor shows.
  void check_positions() const {
    const bool positions =
        rotary_ || has("pos_embed") || relative_position_table(tensors_) != nullptr;
    // Whoever names the size knows that its sine-cosine table is meant.
    if (positions || size_named_ || !folder_.image_size) return;
    refuse(source_, Fault::unsupported,
           "there are no positions in the file, and config.json does not say how they are computed",
           "if they are the sine-cosine table, name the image size");
  }

  void set_rotary(nn::EncoderConfig& config) {
    if (!rotary_) return;
    config.rotary = rotary_->rotary;
    config.position_table = has("pos_embed");
    tensors_.emplace("rope_embed.periods", periods_of(*rotary_, config.head_width(), source_));
    try {
      nn::check(config, "encoder");
    } catch (const UsageError& error) {
      throw data_error_about("load encoder", source_, error);
    }
  }

  void check_folder(const nn::EncoderConfig& config) const {
    for (const auto& [key, said, found] :
         {std::tuple{"hidden_size", folder_.width, config.width},
          std::tuple{"num_hidden_layers", folder_.depth, config.depth}}) {
      if (said && *said != found) {
        refuse(source_, Fault::mismatch,
               fmt::format("config.json says {} {}, the tensors have {}", key, *said, found));
      }
    }
    if (!folder_.activation) return;
    const std::string& said = *folder_.activation;
    if (config.mlp == nn::Mlp::gated) {
      // transformers' DINOv3 takes its gate from there; elsewhere the gate is always SiLU.
      if (folder_.family != "dinov3_vit" || said == "silu") return;
      refuse(source_, Fault::unsupported,
             fmt::format("config.json says hidden_act {} for a gated MLP, expected silu", said));
    }
    if (said == "gelu" || said == "quick_gelu" || said == "gelu_pytorch_tanh") return;
    refuse(source_, Fault::unsupported,
           fmt::format("config.json says hidden_act {}, expected gelu, quick_gelu or "
                       "gelu_pytorch_tanh",
                       said));
  }

  void set_gelu(nn::EncoderConfig& config) {
    if (config.mlp == nn::Mlp::gated && !config.attention_pool) return;
    if (folder_.activation) {
      if (*folder_.activation == "quick_gelu") config.gelu = nn::Gelu::quick;
      if (*folder_.activation == "gelu_pytorch_tanh") config.gelu = nn::Gelu::tanh;
    } else if (names_.is(NameStyle::clip)) {
      // OpenAI's own files say nothing about it; all of them were trained with the quick one.
      config.gelu = nn::Gelu::quick;
      report_.filled.emplace_back("GELU: x · sigmoid(1.702 x), as in OpenAI's CLIP");
    } else if (names_.is(NameStyle::hugging_face_siglip)) {
      config.gelu = nn::Gelu::tanh;
      report_.assumed.emplace_back("GELU: the approximation by tanh, as in Google's SigLIP");
    }
  }

  /// docs/methods/teachers.md §4.
  nn::PositionResize position_resize(const nn::EncoderConfig& config) const {
    using nn::PositionResize;
    if (folder_.antialiased_positions) return PositionResize::antialiased;
    const bool has_registers = config.registers > 0;
    if (names_.place.style) {
      const bool dinov2 = names_.is(NameStyle::hugging_face_dinov2);
      return dinov2 && has_registers ? PositionResize::antialiased : PositionResize::bicubic;
    }
    if (has_registers || is_eva() || !config.class_token) return PositionResize::antialiased;
    if (!names_.has(".ls1.gamma")) return PositionResize::bicubic;
    // DINOv2's own files have a token for masked patches, timm's have none.
    return names_.has("mask_token") ? PositionResize::offset : PositionResize::antialiased;
  }

  /// Mean and deviation as the folder says, one a channel; those of the family where it does not.
  void describe_pixels() {
    EncoderDescription& description = encoder_.description;
    const auto channels = static_cast<std::size_t>(description.config.channels);
    if (folder_.mean.size() == channels) {
      description.mean = folder_.mean;
      description.std = folder_.std;
    } else if (folder_.mean.size() == 1) {
      description.mean.assign(channels, folder_.mean.front());
      description.std.assign(channels, folder_.std.front());
    } else if (!folder_.mean.empty()) {
      refuse(source_, Fault::mismatch,
             fmt::format("the files beside it give a mean of {} channels, the network has {}",
                         folder_.mean.size(), channels));
    } else if (channels == 3 && is_siglip()) {
      description.mean = description.std = {0.5, 0.5, 0.5};
    } else if (channels == 3 && (is_clip_tower(tensors_) || is_eva())) {
      // CLIP's own, with which EVA-02 was trained, too; docs/methods/dbot.md §8.
      description.mean = {0.48145466, 0.4578275, 0.40821073};
      description.std = {0.26862954, 0.26130258, 0.27577711};
    }
  }

  runtime::NamedTensors& tensors_;
  std::string source_;
  FolderDescription folder_;
  EncoderHints hints_;
  bool size_named_;
  Names names_;
  ImportReport& report_;
  LoadedEncoder& encoder_;
  std::optional<RotaryKind> rotary_;
};

}  // namespace

void describe_foreign(runtime::NamedTensors& tensors, const EncoderHints& hints,
                      const WeightsSource& source, const EncoderPlace& place,
                      ImportedEncoder& result) {
  Describing(tensors, hints, source, place, result).run();
}

}  // namespace dbot::exchange
