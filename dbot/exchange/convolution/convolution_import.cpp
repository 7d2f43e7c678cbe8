#include "dbot/exchange/convolution/convolution_import.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/convolution/convolution_names.h"
#include "dbot/exchange/import/input_channels.h"
#include "dbot/exchange/import/weight_checks.h"
#include "dbot/nn/convolution/convolution_network.h"

namespace dbot::exchange {
namespace {

constexpr core::Size kUsualImage{224, 224}, kSmallImage{32, 32};

[[noreturn]] void refuse_weights(const std::string& source, Fault fault, std::string reason) {
  throw DataError(
      {.operation = "load network", .subject = source, .fault = fault, .reason = ": " + reason});
}

/// The tensors of one place, by torchvision's names.
class PlacedTensors {
 public:
  PlacedTensors(const WeightsSource& source, const ConvolutionPlace& place)
      : source_(source), place_(place) {}

  bool has(const std::string& name) const { return place_.names.contains(name); }
  std::string file() const { return source_.path().string(); }
  const std::string& full(const std::string& name) const { return place_.names.at(name); }

  at::Tensor read(const std::string& name) const {
    if (!has(name)) refuse_weights(file(), Fault::missing, name + " is missing");
    return source_.read({full(name)}).at(full(name));
  }
  /// The extents of a convolution's weights.
  std::vector<std::int64_t> kernel(const std::string& name) const {
    const at::Tensor weights = read(name);
    if (weights.dim() != 4) {
      refuse_weights(file(), Fault::mismatch,
                     fmt::format("{} has {} dimensions, expected the 4 of a convolution",
                                 full(name), weights.dim()));
    }
    return weights.sizes().vec();
  }

 private:
  const WeightsSource& source_;
  const ConvolutionPlace& place_;
};

nn::ConvolutionConfig chain_of(const PlacedTensors& tensors, ImportReport& report) {
  std::vector<std::int64_t> widths;
  for (std::size_t i = 0; tensors.has(fmt::format("features.{}.weight", 3 * i)); ++i) {
    widths.push_back(tensors.kernel(fmt::format("features.{}.weight", 3 * i))[0]);
  }
  nn::ConvolutionConfig config = nn::chain_config(std::move(widths));
  config.channels = tensors.kernel("features.0.weight")[1];
  config.image_size = kSmallImage;
  report.filled.emplace_back("strides: 1, 2, 2, …, as this project's chains have them");
  return config;
}

nn::ConvolutionConfig resnet_of(const PlacedTensors& tensors) {
  const std::vector<std::int64_t> stem = tensors.kernel("conv1.weight");
  if (stem[2] != 7 && stem[2] != 3) {
    refuse_weights(tensors.file(), Fault::unsupported,
                   fmt::format("{} has a kernel of {}, expected 7, or 3 for small images",
                               tensors.full("conv1.weight"), stem[2]));
  }
  nn::ConvolutionConfig config;
  config.stem = stem[2] == 7 ? nn::Stem::imagenet : nn::Stem::cifar;
  config.image_size = stem[2] == 7 ? kUsualImage : kSmallImage;
  config.channels = stem[1];
  config.base_width = stem[0];
  config.bottleneck = tensors.has("layer1.0.conv3.weight");
  config.blocks.clear();
  for (int stage = 1; tensors.has(fmt::format("layer{}.0.conv1.weight", stage)); ++stage) {
    std::int64_t blocks = 1;
    while (tensors.has(fmt::format("layer{}.{}.conv1.weight", stage, blocks))) ++blocks;
    config.blocks.push_back(blocks);
  }
  return config;
}

ConvolutionDescription described_by_shapes(const PlacedTensors& tensors, const EncoderHints& hints,
                                           ImportReport& report) {
  ConvolutionDescription description;
  const bool chain = tensors.has("features.0.weight");
  description.config = chain ? chain_of(tensors, report) : resnet_of(tensors);
  if (hints.image_size) description.config.image_size = *hints.image_size;
  try {
    nn::check(description.config);
  } catch (const UsageError& error) {
    refuse_weights(tensors.file(), Fault::unsupported, error.what());
  }
  return description;
}

/// A tensor of the file as the network holds it: passes are counted as a whole number there.
at::Tensor as_held(const at::Tensor& stored, const nn::ParameterSpec& spec) {
  const bool counter = spec.name.ends_with(".num_batches_tracked");
  if (counter && stored.numel() == 1) return stored.to(at::kFloat).reshape({1});
  return stored;
}

void take_all(const WeightsSource& source, const PlacedTensors& tensors,
              ImportedConvolution& imported) {
  ImportReport& report = imported.report;
  const auto specs = nn::convolution_tensors(imported.network.description.config);
  std::vector<std::string> wanted;
  for (const auto& spec : specs) {
    if (tensors.has(spec.name)) {
      wanted.push_back(tensors.full(spec.name));
      report.mapped.emplace_back(tensors.full(spec.name), spec.name);
    } else if (!spec.name.ends_with(".num_batches_tracked")) {
      refuse_weights(
          tensors.file(), Fault::missing,
          fmt::format("{} is missing, expected [{}]", spec.name, fmt::join(spec.shape, ", ")));
    }
  }
  // At once: tensors that share memory must not fill it.
  const runtime::NamedTensors stored = source.read(wanted);
  for (const auto& spec : specs) {
    if (!tensors.has(spec.name)) {
      imported.network.parameters.emplace(spec.name, at::zeros({1}));
      report.filled.push_back(spec.name + ": zero");
      continue;
    }
    const at::Tensor held = as_held(stored.at(tensors.full(spec.name)), spec);
    if (held.sizes() != at::IntArrayRef(spec.shape) || !held.is_floating_point()) {
      refuse_weights(tensors.file(), Fault::mismatch,
                     fmt::format("{} is {} [{}], expected floating point [{}]",
                                 tensors.full(spec.name), c10::toString(held.scalar_type()),
                                 fmt::join(held.sizes(), ", "), fmt::join(spec.shape, ", ")));
    }
    imported.network.parameters.emplace(spec.name, held.to(at::kFloat));
  }
}

/// Layers that the network has no place for may change what it computes (another stem, gates of
/// channels); heads, queues and other networks do not.
bool is_layer(std::string_view name) {
  constexpr std::array<std::string_view, 5> kBegins{"conv", "bn", "layer", "features.", "attnpool"};
  return std::ranges::any_of(kBegins,
                             [name](std::string_view begin) { return name.starts_with(begin); });
}

void leave_the_rest(const WeightsSource& source, const ConvolutionPlace& place,
                    ImportReport& report) {
  std::set<std::string> taken;
  for (const auto& [full, ours] : report.mapped) taken.insert(full);
  for (const auto& [name, full] : place.names) {
    if (taken.contains(full) || !is_layer(name)) continue;
    refuse_weights(source.path().string(), Fault::unsupported,
                   full + " has no place in such a network; dbot does not build it");
  }
  for (const std::string& full : source.names()) {
    if (!taken.contains(full)) report.ignored.push_back(full);
  }
}

}  // namespace

bool holds_convolution(const WeightsSource& source) {
  const auto stored = source.metadata().find(kEncoderConfigKey);
  if (stored != source.metadata().end()) return describes_convolution(stored->second);
  const std::vector<std::string> names = source.names();
  const bool transformer = std::ranges::any_of(names, [](const std::string& name) {
    return name.ends_with("patch_embed.proj.weight") || name.ends_with("class_embedding");
  });
  return !transformer && !find_convolutions(names, {}).empty();
}

bool holds_convolution(const std::filesystem::path& file) {
  return holds_convolution(WeightsSource::open(file));
}

ImportedConvolution import_convolution(const std::filesystem::path& path,
                                       const EncoderHints& hints) {
  const auto source = WeightsSource::open(path);
  ImportedConvolution imported;
  ImportReport& report = imported.report;
  report.container = source.container();
  report.names = "torchvision's names";
  for (const auto& tensor : source.unread()) {
    report.unread.push_back(tensor.name + ": " + tensor.reason);
  }
  const auto places = find_convolutions(source.names(), hints.key);
  if (places.empty()) {
    refuse_weights(path.string(), Fault::missing,
                   fmt::format("conv1.weight, bn1.running_mean or layer1.0.conv1.weight is "
                               "missing{}; expected the names of torchvision's ResNets",
                               hints.key ? " below " + *hints.key : ""));
  }
  const ConvolutionPlace& place = places.front();
  report.key = place.key;
  for (std::size_t i = 1; i < places.size(); ++i) report.other_keys.push_back(places[i].key);
  const PlacedTensors tensors(source, place);
  const auto stored = source.metadata().find(kEncoderConfigKey);
  imported.network.own = stored != source.metadata().end();
  if (imported.network.own) {
    imported.network.description = convolution_from_json(stored->second, path.string());
  } else {
    imported.network.description = described_by_shapes(tensors, hints, report);
  }
  take_all(source, tensors, imported);
  leave_the_rest(source, place, report);
  require_finite(imported.network.parameters, source, report);
  return imported;
}

std::string adapt_channels(LoadedConvolution& network, std::int64_t channels) {
  ConvolutionDescription& description = network.description;
  const char* first = description.config.is_chain() ? "features.0.weight" : "conv1.weight";
  std::string rule =
      adapt_channels(network.parameters.at(first), description.mean, description.std, channels);
  description.config.channels = channels;
  return rule;
}

}  // namespace dbot::exchange
