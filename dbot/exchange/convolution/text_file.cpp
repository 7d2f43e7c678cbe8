#include "dbot/exchange/convolution/text_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/description_reader.h"
#include "dbot/exchange/import/stored_tensor.h"
#include "dbot/exchange/import/weights_source.h"

namespace dbot::exchange {
namespace {

constexpr const char* kTextKey = "text";
constexpr std::size_t kMostTextKernels = 64;

std::string text_description_in(const WeightsSource& source) {
  const auto found = source.metadata().find(kEncoderConfigKey);
  return found == source.metadata().end() ? std::string() : found->second;
}

nn::TextNetworkConfig text_from_json(const std::string& text, const std::string& source) {
  const nlohmann::json object = description_object(text, source);
  const DescriptionReader reader(object, source);
  const auto described = reader.below(kTextKey);
  if (!described) reader.fail(kTextKey, object, "an object that describes a network of texts");
  nn::TextNetworkConfig config;
  config.length = described->integer("length", 1, kLargestCount);
  config.width = described->integer("width", 1, kLargestCount);
  config.filters = described->integer("filters", 1, kLargestCount);
  config.kernels = described->integers("kernels", kMostTextKernels, 1, config.length);
  if (config.kernels.empty()) {
    reader.fail("kernels", nlohmann::json::array(), "at least one whole number");
  }
  return config;
}

}  // namespace

std::string to_json(const nn::TextNetworkConfig& config) {
  nlohmann::ordered_json object;
  object[kTextKey] = {{"length", config.length},
                      {"width", config.width},
                      {"filters", config.filters},
                      {"kernels", config.kernels}};
  return object.dump();
}

bool holds_text_network(const std::filesystem::path& file) try {
  const nlohmann::json object =
      description_object(text_description_in(WeightsSource::open(file)), {});
  return object.contains(kTextKey) && object[kTextKey].is_object() &&
         object[kTextKey].contains("filters");
} catch (const DataError&) {
  return false;  // whoever reads it says so
}

std::unique_ptr<nn::TextNetwork> load_text_network(const std::filesystem::path& file,
                                                   const runtime::Device& device) {
  const WeightsSource source = WeightsSource::open(file);
  const nn::TextNetworkConfig config = text_from_json(text_description_in(source), file.string());
  const runtime::NamedTensors tensors = source.read(source.names());
  for (const nn::ParameterSpec& spec : nn::text_parameters(config)) {
    check_stored_tensor(file, spec, tensors);
  }
  auto store = std::make_shared<nn::ParameterStore>(nn::text_parameters(config), device);
  store->copy_from(tensors);
  store->freeze();
  return std::make_unique<nn::TextNetwork>(config, std::move(store));
}

}  // namespace dbot::exchange
