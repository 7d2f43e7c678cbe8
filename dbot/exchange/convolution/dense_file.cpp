#include "dbot/exchange/convolution/dense_file.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/description_reader.h"
#include "dbot/exchange/import/stored_tensor.h"
#include "dbot/exchange/import/weights_source.h"

namespace dbot::exchange {
namespace {

constexpr const char* kDenseKey = "dense";
constexpr std::size_t kMostDenseLayers = 64;

std::string dense_description_in(const WeightsSource& source) {
  const auto found = source.metadata().find(kEncoderConfigKey);
  return found == source.metadata().end() ? std::string() : found->second;
}

DenseDescription dense_from_json(const std::string& text, const std::string& source) {
  const nlohmann::json object = description_object(text, source);
  const DescriptionReader reader(object, source);
  DenseDescription description;
  nn::DenseConfig& config = description.config;
  config.images.size = reader.size("image_size");
  config.images.channels = reader.integer("channels", 1, kLargestSide);
  const auto dense = reader.below(kDenseKey);
  if (!dense) reader.fail(kDenseKey, object, "an object that describes dense layers");
  config.hidden = dense->integers("hidden", kMostDenseLayers, 1, kLargestCount);
  if (config.hidden.empty()) {
    reader.fail("hidden", nlohmann::json::array(), "at least one whole number");
  }
  reader.pixels(config.images.channels, description.mean, description.std, description.value_range);
  return description;
}

}  // namespace

std::string to_json(const DenseDescription& description) {
  const nn::DenseConfig& config = description.config;
  nlohmann::ordered_json object;
  object[kDenseKey] = {{"hidden", config.hidden}};
  object["image_size"] = {config.images.size.height, config.images.size.width};
  object["channels"] = config.images.channels;
  object["mean"] = description.mean;
  object["std"] = description.std;
  if (!description.value_range.empty()) object["value_range"] = description.value_range;
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool holds_dense(const std::filesystem::path& file) try {
  const std::string text = dense_description_in(WeightsSource::open(file));
  return description_object(text, {}).contains(kDenseKey);
} catch (const DataError&) {
  return false;  // whoever reads it says so
}

LoadedDense load_dense(const std::filesystem::path& file, const runtime::Device& device) {
  const WeightsSource source = WeightsSource::open(file);
  LoadedDense loaded;
  loaded.description = dense_from_json(dense_description_in(source), file.string());
  const nn::DenseConfig& config = loaded.description.config;
  const runtime::NamedTensors tensors = source.read(source.names());
  for (const nn::ParameterSpec& spec : nn::dense_parameters(config)) {
    check_stored_tensor(file, spec, tensors);
  }
  auto store = std::make_shared<nn::ParameterStore>(nn::dense_parameters(config), device);
  store->copy_from(tensors);
  store->freeze();
  loaded.network = std::make_unique<nn::DenseNetwork>(config, std::move(store));
  return loaded;
}

}  // namespace dbot::exchange
