#include "dbot/exchange/kinds/preprocessing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "dbot/exchange/json_file.h"
#include "dbot/exchange/kinds/json_fields.h"

namespace dbot::exchange {
namespace {

constexpr int kPillowBicubic = 3;  // as Pillow numbers it
constexpr double kLargestFactor = 1e6;

/// What says nothing about pixels: names of classes, and orders of axes in memory.
constexpr std::array<std::string_view, 12> kAsideFields{
    "image_processor_type", "feature_extractor_type", "processor_class",  "auto_map",
    "data_format",          "input_data_format",      "return_tensors",   "device",
    "disable_grouping",     "default_to_square",      "do_reduce_labels", "reduce_labels"};
/// What is followed below; RGB is what dbot decodes to anyway.
constexpr std::array<std::string_view, 9> kFollowed{
    "do_rescale", "rescale_factor", "offset",    "rescale_offset", "do_normalize",
    "image_mean", "image_std",      "do_resize", "do_convert_rgb"};
/// Steps that choose the part of an image and its size.
constexpr std::array<std::string_view, 10> kGeometry{
    "size",   "crop_size", "do_center_crop", "resample",      "crop_pct",
    "do_pad", "pad_size",  "size_divisor",   "interpolation", "max_image_size"};

template <std::size_t count>
bool is_listed(std::string_view key, const std::array<std::string_view, count>& keys) {
  return std::ranges::find(keys, key) != keys.end();
}

/// A network that sees factor · byte − offset, normalised by mean and deviation of those.
void read_pixels(const JsonFields& fields, FolderDescription& description) {
  const bool rescaled = fields.truth("do_rescale").value_or(true);
  const double factor = fields.positive("rescale_factor", kLargestFactor).value_or(1 / 255.0);
  const bool shifted =
      fields.truth("offset").value_or(false) || fields.truth("rescale_offset").value_or(false);
  const double offset = rescaled && shifted ? 1 : 0;
  std::vector<double> mean = fields.numbers("image_mean"), std = fields.numbers("image_std");
  if (!fields.truth("do_normalize").value_or(true)) {
    mean = {0};
    std = {1};
  }
  if (mean.size() != std.size()) {
    const char* other = mean.empty() ? "image_std" : "image_mean";
    fields.fail(mean.empty() ? "image_mean" : "image_std",
                fmt::format("as many numbers as {} has", other));
  }
  if (std::ranges::any_of(std, [](double number) { return number <= 0; })) {
    fields.fail("image_std", "positive numbers");
  }
  double range = rescaled ? 255 * factor : 255;
  // What is written as 0.00392156862745098 stands for 1/255.
  if (std::abs(range - 1) < 1e-6) range = 1;
  if (mean.empty() && (range != 1 || offset != 0)) {
    fields.fail("image_mean", "it beside a scale of pixels that is not 0…1");
  }
  for (double& number : mean) number = (number + offset) / range;
  for (double& number : std) number /= range;
  if (mean.empty()) return;
  description.mean = std::move(mean);
  description.std = std::move(std);
}

/// Whether dbot does so anyway: the central crop of an image whose shorter side was resized.
bool is_own_way(const JsonFields& fields, const std::string& key) {
  if (key == "do_center_crop") return fields.truth("do_center_crop") == true;
  if (key == "do_pad") return fields.truth("do_pad") == false;
  if (key == "resample") return fields.shown("resample") == std::to_string(kPillowBicubic);
  return key == "crop_size";
}

}  // namespace

void read_preprocessing(const std::filesystem::path& file, FolderDescription& description) {
  const nlohmann::json object = read_json_file(file);
  const JsonFields fields(object, file);
  read_pixels(fields, description);
  const auto leave = [&](const std::string& key) {
    description.not_followed.push_back(
        fmt::format("{} {} of preprocessor_config.json", key, fields.shown(key.c_str())));
  };
  if (fields.truth("do_resize") == false) leave("do_resize");
  for (const std::string& key : fields.keys()) {
    if (is_listed(key, kAsideFields) || is_listed(key, kFollowed)) continue;
    const bool step = key.starts_with("do_") && !is_listed(key, kGeometry);
    if (!step) {
      if (!is_own_way(fields, key)) leave(key);
    } else if (fields.truth(key.c_str()) == true) {
      fields.fail(key.c_str(), "false: dbot does not do this to pixels");
    }
  }
}

}  // namespace dbot::exchange
