#include "dbot/exchange/import/encoder_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/kinds/folder_description.h"
#include "dbot/exchange/kinds/rotary_kind.h"
#include "dbot/exchange/names/encoder_parts.h"

namespace dbot::exchange {
namespace {

/// Hugging Face's CLIP keeps the projection beside the tower; timm's ends in a matrix without bias
/// (with one it is a classifier). Its name in the file and below the place.
std::optional<PlacedTensor> projection_of(const EncoderPlace& place,
                                          const std::vector<std::string>& names) {
  const auto has = [&names](const std::string& name) {
    return std::ranges::binary_search(names, name);
  };
  constexpr std::string_view kTower = "vision_model.", kProjection = "visual_projection.weight";
  if (place.style == NameStyle::hugging_face_clip && place.prefix.ends_with(kTower)) {
    std::string full = place.prefix.substr(0, place.prefix.size() - kTower.size());
    full += kProjection;
    if (has(full)) return PlacedTensor{full, std::string(kProjection)};
  }
  const std::string head = place.prefix + "head.weight";
  const bool tower = !place.style && has(place.prefix + "norm_pre.weight") && has(head) &&
                     !has(place.prefix + "head.bias");
  return tower ? std::optional(PlacedTensor{head, "head.weight"}) : std::nullopt;
}

/// Tensors to read: by their plain names, and where the official one is another, by that.
class Wanted {
 public:
  Wanted(const WeightsSource& source, ImportReport& report) : source_(source), report_(report) {}

  void add(const std::string& full, const std::string& bare, const std::string& official) {
    const auto [place, is_new] = full_names_.emplace(bare, full);
    if (!is_new) {
      throw DataError({.operation = "load encoder",
                       .subject = source_.path().string(),
                       .fault = Fault::mismatch,
                       .reason = fmt::format(": {} and {} are the same tensor under two names, "
                                             "expected one",
                                             place->second, full)});
    }
    report_.mapped.emplace_back(full, official);
    taken_.insert(full);
  }

  bool has(const std::string& full) const { return taken_.contains(full); }

  runtime::NamedTensors read() const {
    std::vector<std::string> names(taken_.begin(), taken_.end());
    runtime::NamedTensors tensors = source_.read(names), bare;
    for (const auto& [plain, full] : full_names_) bare.emplace(plain, tensors.at(full));
    return bare;
  }

 private:
  const WeightsSource& source_;
  ImportReport& report_;
  std::map<std::string, std::string> full_names_;  // by plain ones
  std::set<std::string> taken_;
};

}  // namespace

void refuse_network(const WeightsSource& source, const std::string& found) {
  // Networks with rotary positions have more that is foreign: without it they are foreign still.
  const auto names = source.names();
  const auto rotary = std::ranges::find_if(names, shows_rotary_positions);
  const std::string name = rotary == names.end() ? found : *rotary;
  if (rotary == names.end() &&
      describe_folder(source.path()).rotary.family == RotaryFacts::Family::other) {
    refuse_rotary_positions(source.path().string());
  }
  const auto kind = foreign_kind(name);
  const std::string meaning =
      kind ? fmt::format("is {}; dbot does not build such a network", kind->meaning)
           : "is no part of an ordinary block, nor of a head, a decoder or another network that "
             "could be left; dbot does not build such a network";
  throw DataError(
      {.operation = "load encoder",
       .subject = source.path().string(),
       .fault = Fault::unsupported,
       .reason = fmt::format(": {} {}", name, meaning),
       .way_out = kind ? std::string(kind->way_out)
                       : "if it has no part in the features, save the encoder's tensors alone"});
}

runtime::NamedTensors read_encoder_tensors(const WeightsSource& source, const EncoderPlace& place,
                                           bool described, ImportReport& report) {
  const auto all = source.names();
  Wanted wanted(source, report);
  const auto projection = projection_of(place, all);
  if (projection) wanted.add(projection->full, projection->plain, "head.weight");
  const bool has_class_token = std::ranges::any_of(
      place.below, [](const PlacedTensor& tensor) { return tensor.plain == "cls_token"; });
  for (const PlacedTensor& tensor : place.below) {
    if (wanted.has(tensor.full)) continue;
    EncoderPart part = part_of(tensor.plain, place.style);
    // Beside a class token it is a head like others.
    if (has_class_token && part.official.starts_with("attn_pool.")) part.use = PartUse::left;
    if (part.use == PartUse::unknown && !described) refuse_network(source, tensor.full);
    if (part.use != PartUse::taken) continue;
    wanted.add(tensor.full, place.style ? tensor.plain : part.official, part.official);
  }
  for (const std::string& full : all) {
    if (!wanted.has(full)) report.ignored.push_back(full);
  }
  runtime::NamedTensors bare = wanted.read();
  if (!place.style) return bare;
  try {
    return to_official(bare, *place.style).tensors;
  } catch (const DataError& error) {
    ErrorFields fields = error.fields();
    fields.reason += fmt::format(" (in {})", source.path().string());
    throw DataError(std::move(fields));
  }
}

}  // namespace dbot::exchange
