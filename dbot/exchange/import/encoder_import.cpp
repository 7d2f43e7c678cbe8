#include "dbot/exchange/import/encoder_import.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_shapes.h"
#include "dbot/exchange/import/encoder_tensors.h"
#include "dbot/exchange/import/folder_description.h"
#include "dbot/exchange/import/head_tensors.h"
#include "dbot/exchange/import/weight_checks.h"
#include "dbot/exchange/names/encoder_parts.h"
#include "dbot/exchange/names/encoder_variant.h"
#include "dbot/nn/position_table.h"

namespace dbot::exchange {
namespace {

constexpr std::int64_t kMostPatches = 1 << 20;

at::Tensor sincos_table(const nn::EncoderConfig& config, const std::string& source) {
  if (config.patches() > kMostPatches) {
    throw DataError(
        {.operation = "load encoder",
         .subject = source,
         .fault = Fault::too_large,
         .reason = fmt::format(": an image of {}×{} has {} patches, expected at most {}",
                               config.image_size.height, config.image_size.width, config.patches(),
                               kMostPatches),
         .way_out = "choose a smaller image size"});
  }
  return nn::sincos_table_2d(config.width, config.grid()).to(at::kFloat).unsqueeze(0);
}

/// The encoder's tensors as float32, each of the shape that the configuration asks for.
runtime::NamedTensors take_parameters(runtime::NamedTensors& tensors,
                                      const nn::EncoderConfig& config, const std::string& source) {
  runtime::NamedTensors parameters;
  for (const auto& spec : nn::encoder_parameters(config)) {
    const auto found = tensors.find(spec.name);
    if (found == tensors.end()) {
      throw DataError({.operation = "load encoder",
                       .subject = source,
                       .fault = Fault::missing,
                       .reason = fmt::format(": {} is missing, expected [{}]", spec.name,
                                             fmt::join(spec.shape, ", "))});
    }
    const at::Tensor& tensor = found->second;
    if (tensor.sizes() != at::IntArrayRef(spec.shape) || !tensor.is_floating_point()) {
      throw DataError(
          {.operation = "load encoder",
           .subject = source,
           .fault = Fault::mismatch,
           .reason = fmt::format(": {} is {} [{}], expected floating point [{}]", spec.name,
                                 c10::toString(tensor.scalar_type()),
                                 fmt::join(tensor.sizes(), ", "), fmt::join(spec.shape, ", "))});
    }
    parameters.emplace(spec.name, tensor.to(at::kFloat));
    tensors.erase(found);  // one copy of a large network at a time
  }
  return parameters;
}

/// Puts in place what some families leave out without computing anything else.
class MissingParts {
 public:
  MissingParts(runtime::NamedTensors& tensors, ImportReport& report)
      : tensors_(tensors), report_(report) {}

  /// Networks fine-tuned on the mean of their patches have a norm of that mean alone; `head` gets
  /// it.
  void final_norm(runtime::NamedTensors& head) {
    for (const std::string part : {"weight", "bias"}) {
      const auto pooled = tensors_.find("fc_norm." + part);
      if (pooled == tensors_.end()) continue;
      if (tensors_.emplace("norm." + part, pooled->second).second) {
        report_.filled.push_back("norm." + part + ": fc_norm." + part +
                                 ", the norm of the mean patch that it was fine-tuned with");
      }
      head.emplace(pooled->first, pooled->second.to(at::kFloat));
      tensors_.erase("fc_norm." + part);
    }
  }

  void attention_biases() {
    const auto is_bias = [](const auto& entry) {
      return entry.first.ends_with("attn.qkv.bias") || entry.first.ends_with("attn.q_bias");
    };
    if (std::ranges::any_of(tensors_, is_bias)) return;
    runtime::NamedTensors biases;
    for (const auto& [name, tensor] : tensors_) {
      if (!name.ends_with("attn.qkv.weight") || tensor.dim() != 2) continue;
      const std::string bias = name.substr(0, name.rfind('.')) + ".bias";
      biases.emplace(bias, at::zeros({tensor.size(0)}, tensor.options()));
      report_.filled.push_back(bias + ": zeros, as the network has none");
    }
    tensors_.merge(biases);
  }

  /// timm's no_embed_class: the class token has no position.
  void class_position(const EncoderHints& hints, std::int64_t patch_size) {
    const auto table = tensors_.find("pos_embed");
    if (table == tensors_.end() || table->second.dim() != 3 || patch_size < 1) return;
    const std::int64_t rows = table->second.size(1);
    const auto is_square = [](std::int64_t count) {
      const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(count)));
      return side > 1 && side * side == count;
    };
    bool without = !is_square(rows - 1) && is_square(rows);
    if (hints.image_size) {
      without =
          rows == (hints.image_size->height / patch_size) * (hints.image_size->width / patch_size);
    }
    if (!without || table->second.size(0) != 1 || !table->second.is_floating_point()) return;
    const at::Tensor& patches = table->second;
    table->second = at::cat({at::zeros({1, 1, patches.size(2)}, patches.options()), patches}, 1);
    report_.filled.emplace_back("pos_embed: zeros for the class token, as it has no position");
  }

 private:
  runtime::NamedTensors& tensors_;
  ImportReport& report_;
};

/// Hints of the caller first, then what the folder says.
EncoderHints joined(EncoderHints hints, const FolderDescription& folder) {
  if (!hints.heads) hints.heads = folder.heads;
  if (!hints.image_size) hints.image_size = folder.image_size;
  if (!hints.layer_norm_eps) hints.layer_norm_eps = folder.layer_norm_eps;
  return hints;
}

void check_folder(const FolderDescription& folder, const nn::EncoderConfig& config,
                  const std::string& source) {
  for (const auto& [key, said, found] :
       {std::tuple{"hidden_size", folder.width, config.width},
        std::tuple{"num_hidden_layers", folder.depth, config.depth}}) {
    if (said && *said != found) {
      throw DataError({.operation = "load encoder",
                       .subject = source,
                       .fault = Fault::mismatch,
                       .reason = fmt::format(": config.json says {} {}, the tensors have {}", key,
                                             *said, found)});
    }
  }
  if (folder.activation && *folder.activation != "gelu" && *folder.activation != "quick_gelu") {
    throw DataError(
        {.operation = "load encoder",
         .subject = source,
         .fault = Fault::unsupported,
         .reason = fmt::format(": config.json says hidden_act {}, expected gelu or quick_gelu",
                               *folder.activation)});
  }
}

/// Mean and deviation as the folder says, one a channel; CLIP's towers have their own.
void describe_pixels(const runtime::NamedTensors& tensors, const FolderDescription& folder,
                     const std::string& source, EncoderDescription& description) {
  const auto channels = static_cast<std::size_t>(description.config.channels);
  if (folder.mean.size() == channels) {
    description.mean = folder.mean;
    description.std = folder.std;
  } else if (folder.mean.size() == 1) {
    description.mean.assign(channels, folder.mean.front());
    description.std.assign(channels, folder.std.front());
  } else if (!folder.mean.empty()) {
    throw DataError({.operation = "load encoder",
                     .subject = source,
                     .fault = Fault::mismatch,
                     .reason = fmt::format(": the files beside it give a mean of {} channels, the "
                                           "network has {}",
                                           folder.mean.size(), channels)});
  } else if (is_clip_tower(tensors) && channels == 3) {
    // CLIP's own; docs/methods/dbot.md §8.
    description.mean = {0.48145466, 0.4578275, 0.40821073};
    description.std = {0.26862954, 0.26130258, 0.27577711};
  }
}

/// Of networks whose positions no tensor shows.
void check_positions(const runtime::NamedTensors& tensors, const EncoderHints& hints,
                     const FolderDescription& folder, const std::string& source) {
  const bool positions =
      tensors.contains("pos_embed") || relative_position_table(tensors) != nullptr;
  // Whoever names the size knows that its sine-cosine table is meant.
  if (folder.rotary) refuse_rotary_positions(source);
  if (positions || hints.image_size || !folder.image_size) return;
  throw DataError({.operation = "load encoder",
                   .subject = source,
                   .fault = Fault::unsupported,
                   .reason = ": there are no positions in the file, and config.json does not say "
                             "how they are computed",
                   .way_out = "if they are the sine-cosine table, name the image size"});
}

void describe_from_shapes(runtime::NamedTensors& tensors, const EncoderHints& hints,
                          const WeightsSource& source, ImportedEncoder& result) {
  const std::string name = source.path().string();
  const FolderDescription folder = describe_folder(source.path());
  check_positions(tensors, hints, folder, name);
  const EncoderHints all = joined(hints, folder);
  MissingParts missing(tensors, result.report);
  missing.final_norm(result.encoder.head);
  missing.attention_biases();
  if (const auto patch = tensors.find("patch_embed.proj.weight");
      patch != tensors.end() && patch->second.dim() == 4) {
    missing.class_position(all, patch->second.size(2));
  }
  EncoderDescription& description = result.encoder.description;
  description.config = infer_config(tensors, all, name);
  check_folder(folder, description.config, name);
  // OpenAI's own files say nothing about it; all of them were trained with the quick one.
  const bool open_ai = result.report.names == style_name(NameStyle::clip);
  if (folder.activation ? *folder.activation == "quick_gelu" : open_ai) {
    description.config.gelu = nn::Gelu::quick;
    if (!folder.activation) {
      result.report.filled.emplace_back("GELU: x · sigmoid(1.702 x), as in OpenAI's CLIP");
    }
  }
  describe_pixels(tensors, folder, name, description);
  for (const std::string& field : folder.not_followed) {
    result.report.not_followed.push_back(field);
  }
}

EncoderPlace choose_place(const WeightsSource& source, const EncoderHints& hints,
                          ImportReport& report) {
  const auto key_of = [](const EncoderPlace& place) {
    return place.prefix.substr(0, place.prefix.size() - (place.prefix.empty() ? 0 : 1));
  };
  auto places = find_encoders(source.names(), hints.key);
  if (places.empty()) {
    // A network of another kind has no such tensor, perhaps.
    for (const std::string& name : source.names()) {
      if (hints.key) break;  // more likely is that the nest is called otherwise
      if (part_of(name, {}).use == PartUse::unknown && foreign_kind(name)) {
        refuse_network(source, name);
      }
    }
    std::set<std::string> roots;
    for (const std::string& name : source.names()) {
      if (roots.size() < 12) roots.insert(name.substr(0, name.find('.')));
    }
    const std::string held =
        roots.empty() ? "there are no tensors" : fmt::format("it holds {}", fmt::join(roots, ", "));
    throw DataError(
        {.operation = "load encoder",
         .subject = source.path().string(),
         .fault = Fault::missing,
         .reason = fmt::format(": patch_embed.proj.weight is missing{}; expected the names of an "
                               "MAE, dBOT, timm or Hugging Face vision transformer, {}",
                               hints.key ? " below " + *hints.key : "", held)});
  }
  for (std::size_t i = 1; i < places.size(); ++i) report.other_keys.push_back(key_of(places[i]));
  report.key = key_of(places.front());
  report.names = places.front().style ? style_name(*places.front().style) : "official names";
  return std::move(places.front());
}

}  // namespace

ImportedEncoder import_encoder(const std::filesystem::path& path, const EncoderHints& hints) {
  const auto source = WeightsSource::open(path);
  const std::string name = path.string();
  ImportedEncoder result;
  result.report.container = source.container();
  for (const auto& tensor : source.unread()) {
    result.report.unread.push_back(tensor.name + ": " + tensor.reason);
  }
  const EncoderPlace place = choose_place(source, hints, result.report);
  const auto stored = source.metadata().find(kEncoderConfigKey);
  const bool described = stored != source.metadata().end();
  runtime::NamedTensors tensors = read_encoder_tensors(source, place, described, result.report);
  result.encoder.own = described;
  if (described) {
    result.encoder.description = description_from_json(stored->second, name);
    // A wrong depth in the description must not decide how much is read.
    check_depth(tensors, result.encoder.description.config.depth, name);
    MissingParts(tensors, result.report).final_norm(result.encoder.head);
    if (result.encoder.description.head) {
      read_head(source, place, result.encoder, result.report);
    }
  } else {
    describe_from_shapes(tensors, hints, source, result);
  }
  const nn::EncoderConfig& config = result.encoder.description.config;
  if (config.position_table && !tensors.contains("pos_embed")) {
    tensors.emplace("pos_embed", sincos_table(config, name));
    result.report.filled.emplace_back("pos_embed: the sine-cosine table of the image size");
  }
  result.encoder.parameters = take_parameters(tensors, config, name);
  if (!described) require_nothing_left(tensors, source, result.report);
  require_finite(result.encoder.parameters, source, result.report);
  return result;
}

}  // namespace dbot::exchange
