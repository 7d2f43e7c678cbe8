#include "dbot/exchange/import/encoder_import.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_shapes.h"
#include "dbot/exchange/import/encoder_tensors.h"
#include "dbot/exchange/import/foreign_description.h"
#include "dbot/exchange/import/head_tensors.h"
#include "dbot/exchange/import/weight_checks.h"
#include "dbot/exchange/kinds/missing_parts.h"
#include "dbot/exchange/names/encoder_parts.h"
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
    take_pooled_norm(tensors, result.encoder.head, result.report.filled);
    if (result.encoder.description.head) {
      read_head(source, place, result.encoder, result.report);
    }
  } else {
    describe_foreign(tensors, hints, source, place, result);
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
