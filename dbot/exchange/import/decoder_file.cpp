#include "dbot/exchange/import/decoder_file.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/names/encoder_place.h"
#include "dbot/exchange/names/plain_names.h"
#include "dbot/runtime/finite.h"

namespace dbot::exchange {
namespace {

/// Hugging Face's decoder stands beside the nest of the encoder.
std::string nest_of(const EncoderPlace& place) {
  constexpr std::string_view kEncoder = "vit.";
  std::string nest = place.prefix;
  if (place.style && nest.ends_with(kEncoder)) nest.resize(nest.size() - kEncoder.size());
  return nest;
}

}  // namespace

runtime::NamedTensors load_decoder_tensors(const std::filesystem::path& path) {
  const auto source = WeightsSource::open(path);
  const std::vector<std::string> names = source.names();
  const auto places = find_encoders(names, {});
  if (places.empty()) return {};
  const std::string nest = nest_of(places.front());
  std::vector<std::string> wanted, plain;
  for (const std::string& name : names) {
    if (!name.starts_with(nest)) continue;
    const std::string below = without_wrappers(std::string_view(name).substr(nest.size()));
    if (below != "mask_token" && !below.starts_with("decoder")) continue;
    wanted.push_back(name);
    plain.push_back(below);
  }
  runtime::NamedTensors stored = source.read(wanted), tensors;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const at::Tensor& tensor = stored.at(wanted[i]);
    if (!runtime::all_finite(tensor)) {
      throw DataError({.operation = "load decoder",
                       .subject = path.string(),
                       .fault = Fault::corrupt,
                       .reason = fmt::format(": {} has values that are not finite, expected "
                                             "numbers",
                                             wanted[i])});
    }
    tensors.emplace(plain[i], tensor.is_floating_point() ? tensor.to(at::kFloat) : tensor);
  }
  const auto style = places.front().style;
  return style ? to_official(tensors, *style).tensors : tensors;
}

}  // namespace dbot::exchange
