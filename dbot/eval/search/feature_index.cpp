#include "dbot/eval/search/feature_index.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <span>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/json.h"
#include "dbot/formats/safetensors/safetensors.h"

namespace dbot::eval {
namespace {

constexpr const char* kNetworkKey = "dbot.network";
constexpr const char* kImagesKey = "dbot.images";
constexpr const char* kSkippedKey = "dbot.skipped";  // images that could not be read: [3, 17]

[[noreturn]] void refuse(const std::filesystem::path& path, Fault fault, std::string reason,
                         std::string way_out) {
  throw DataError({.operation = "search",
                   .subject = "the index " + path.string(),
                   .fault = fault,
                   .reason = std::move(reason),
                   .way_out = std::move(way_out)});
}

std::string value_of(const std::map<std::string, std::string>& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : found->second;
}

/// Which images of the set the rows are: all but those that were skipped.
std::vector<std::int64_t> rows_of(const std::filesystem::path& path, const std::string& skipped,
                                  std::int64_t images) {
  const auto list = [&] {
    try {
      return core::parse_json(skipped);
    } catch (const std::exception&) {
      return nlohmann::json();
    }
  }();
  if (!list.is_array()) refuse(path, Fault::corrupt, "does not say its images", "make it again");
  std::vector<bool> left_out(static_cast<std::size_t>(images));
  for (const auto& image : list) {
    if (!image.is_number_unsigned() ||
        image.get<std::uint64_t>() >= static_cast<std::uint64_t>(images)) {
      refuse(path, Fault::corrupt, "names images that the data set does not have", "make it again");
    }
    left_out[image.get<std::size_t>()] = true;
  }
  std::vector<std::int64_t> rows;
  for (std::int64_t image = 0; image < images; ++image) {
    if (!left_out[static_cast<std::size_t>(image)]) rows.push_back(image);
  }
  return rows;
}

at::Tensor rows_in(const std::filesystem::path& path, const formats::TensorBytes& stored,
                   std::int64_t rows) {
  if (stored.type != formats::ElementType::float32 || stored.shape.size() < 2 ||
      stored.shape.front() != rows) {
    refuse(path, Fault::corrupt,
           fmt::format("has {} [{}] as {}, expected {} rows of F32",
                       formats::element_name(stored.type), fmt::join(stored.shape, ", "),
                       stored.name, rows),
           "make it again");
  }
  at::Tensor features = at::empty(stored.shape, at::TensorOptions(at::kFloat));
  std::memcpy(features.mutable_data_ptr<float>(), stored.data.data(), stored.data.size());
  return features;
}

/// "cls, mean", for messages.
std::string kinds_in(const formats::SafetensorsFile& file) {
  std::vector<std::string> kinds;
  for (const formats::TensorBytes& tensor : file.tensors()) {
    if (tensor.name != "labels") kinds.push_back(tensor.name);
  }
  return fmt::format("{}", fmt::join(kinds, ", "));
}

void check_identity(const std::filesystem::path& path, const formats::SafetensorsFile& file,
                    const IndexIdentity& identity) {
  const std::string network = value_of(file.metadata(), kNetworkKey);
  if (network.empty()) {
    refuse(path, Fault::unsupported,
           "does not say which network its features are of, expected a file of `dbot embed`",
           "make it again");
  }
  if (network != identity.network) {
    refuse(path, Fault::mismatch,
           fmt::format("holds features of another network or image size (its weights and pixels "
                       "have the checksum {}, expected {})",
                       network, identity.network),
           "name another file, or the model that it was made by");
  }
  if (value_of(file.metadata(), kImagesKey) != identity.images) {
    refuse(path, Fault::mismatch,
           fmt::format("holds features of other images (it says {}, the data set is {})",
                       value_of(file.metadata(), kImagesKey), identity.images),
           "name another file, or the same data and the same part of them");
  }
}

}  // namespace

std::string network_identity(const nn::Backbone& backbone, const ExtractionSettings& settings) {
  const nn::BackboneInput of_network = backbone.input();
  const nn::ImageInput& input = of_network.images;
  const auto& clips = of_network.clips;
  std::string text =
      fmt::format("{}\n{}x{}x{}\n{}\n{}\n{} {}\n", backbone.describe(), input.channels,
                  input.size.height, input.size.width, fmt::join(settings.mean, " "),
                  fmt::join(settings.std, " "), settings.values.black, settings.values.white);
  if (clips && settings.content == data::Content::videos) {
    text += fmt::format("clips {} {} {}\n", clips->frames, clips->stride, clips->frames_per_second);
  }
  for (const auto& [name, values] : backbone.parameters()->named()) {
    const at::Tensor whole = values.detach().cpu().contiguous();
    const auto bytes = std::as_bytes(
        std::span(whole.const_data_ptr<float>(), static_cast<std::size_t>(whole.numel())));
    text +=
        fmt::format("{} [{}] {}\n", name, fmt::join(whole.sizes(), ", "), core::checksum(bytes));
  }
  return core::checksum(std::as_bytes(std::span(text)));
}

std::map<std::string, std::string> index_metadata(const IndexIdentity& identity,
                                                  const Features& features,
                                                  const data::Dataset& dataset) {
  std::vector<std::int64_t> skipped;
  std::int64_t expected = 0;
  for (const std::int64_t image : features.indices) {
    for (; expected < image; ++expected) skipped.push_back(expected);
    ++expected;
  }
  for (; expected < dataset.size(); ++expected) skipped.push_back(expected);
  return {{kNetworkKey, identity.network},
          {kImagesKey, identity.images},
          {kSkippedKey, nlohmann::json(skipped).dump()}};
}

Features read_feature_index(const std::filesystem::path& path, const std::string& kind,
                            const IndexIdentity& identity, const data::Dataset& dataset) {
  const auto file = formats::SafetensorsFile::open(path);
  check_identity(path, file, identity);
  const formats::TensorBytes* stored = file.find(kind);
  if (stored == nullptr) {
    refuse(path, Fault::missing, fmt::format("has no {} features, but {}", kind, kinds_in(file)),
           "ask for one of these, or make it again with the others");
  }
  Features features;
  features.indices = rows_of(path, value_of(file.metadata(), kSkippedKey), dataset.size());
  const auto rows = static_cast<std::int64_t>(features.indices.size());
  features.kinds[kind] = rows_in(path, *stored, rows);
  features.labels = at::full({rows}, -1, at::TensorOptions(at::kLong));
  auto* label = features.labels.mutable_data_ptr<std::int64_t>();
  for (const std::int64_t image : features.indices) *label++ = dataset.label(image);
  return features;
}

}  // namespace dbot::eval
