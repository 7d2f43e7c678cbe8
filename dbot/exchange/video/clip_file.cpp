#include "dbot/exchange/video/clip_file.h"

#include <utility>

#include "dbot/exchange/import/stored_tensor.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/video/mae_st_names.h"
#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/nn/clip/resize_clip_positions.h"

namespace dbot::exchange {
namespace {

constexpr std::string_view kStudentNest = "student.";  // of a checkpoint

/// The description of a file of ours; empty where it has none.
std::string clip_description_in(const WeightsSource& source) {
  const auto found = source.metadata().find(kEncoderConfigKey);
  return found == source.metadata().end() ? std::string() : found->second;
}

}  // namespace

bool holds_clips(const std::filesystem::path& file) {
  return describes_clips(clip_description_in(WeightsSource::open(file)));
}

std::optional<ClipDescription> describe_clips(const std::filesystem::path& file) {
  const std::string text = clip_description_in(WeightsSource::open(file));
  if (!describes_clips(text)) return std::nullopt;
  return clip_from_json(text, file.string());
}

LoadedClips load_clips(const std::filesystem::path& file, std::optional<core::Size> image_size,
                       const runtime::Device& device) {
  const WeightsSource source = WeightsSource::open(file);
  LoadedClips loaded;
  loaded.description = clip_from_json(clip_description_in(source), file.string());
  nn::ClipConfig& config = loaded.description.config;
  const nn::ClipConfig stored = config;
  runtime::NamedTensors tensors = source.read(source.names());
  for (const nn::ParameterSpec& spec : nn::clip_encoder_parameters(stored)) {
    check_stored_tensor(file, spec, tensors);
  }
  if (image_size) config.encoder.image_size = *image_size;
  nn::check(config);
  nn::resize_clip_positions(tensors, stored, config);
  auto store = std::make_shared<nn::ParameterStore>(nn::clip_encoder_parameters(config), device);
  store->copy_from(tensors);
  store->freeze();
  loaded.network = std::make_unique<nn::ClipEncoder>(config, std::move(store));
  return loaded;
}

runtime::NamedTensors read_mae_st(const std::filesystem::path& file) {
  const WeightsSource source = WeightsSource::open(file);
  const runtime::NamedTensors stored = source.read(source.names());
  runtime::NamedTensors student;
  for (const auto& [name, tensor] : stored) {
    if (name.starts_with(kStudentNest)) student[name.substr(kStudentNest.size())] = tensor;
  }
  const runtime::NamedTensors& tensors = student.empty() ? stored : student;
  return has_mae_st_names(tensors) ? mae_st_to_ours(tensors, file.string()) : tensors;
}

}  // namespace dbot::exchange
