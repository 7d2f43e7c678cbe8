#include "dbot/methods/masked_modeling/initial_teacher.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/import/input_channels.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/nn/vit/vision_transformer.h"
#include "dbot/objectives/teacher.h"
#include "dbot/runtime/finite.h"

namespace dbot::methods {
namespace {

// A stream of draws that no stage's student uses.
constexpr std::uint32_t kTeacherStage = 0xffffffffu;

/// The input size: as configured, else the one that gives the student's token grid.
core::Size input_size(const objectives::TeacherConfig& config, const nn::EncoderConfig& student,
                      std::int64_t patch_size) {
  const core::Size size = config.image_size == core::Size{}
                              ? objectives::matching_image_size(student, patch_size)
                              : config.image_size;
  if (size.height != student.grid().height * patch_size ||
      size.width != student.grid().width * patch_size) {
    throw UsageError(fmt::format(
        "[teacher] an input of {}×{} with patches of {} does not give the student's token grid "
        "{}×{}; set teacher.image_size to [{}, {}] or leave it out",
        size.height, size.width, patch_size, student.grid().height, student.grid().width,
        student.grid().height * patch_size, student.grid().width * patch_size));
  }
  return size;
}

TeacherNetwork random_teacher(const objectives::TeacherConfig& config,
                              const nn::EncoderConfig& student, std::uint64_t seed,
                              const runtime::Device& device) {
  nn::EncoderConfig shape = student;
  if (config.width > 0) shape.width = config.width;
  if (config.heads > 0) shape.heads = config.heads;
  if (config.patch_size > 0) shape.patch_size = config.patch_size;
  if (config.depth >= 0) shape.depth = config.depth;
  shape.image_size = input_size(config, student, shape.patch_size);
  nn::check(shape, "teacher");
  auto parameters = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(shape), device);
  parameters->initialise(seed, kTeacherStage);
  return {shape, std::move(parameters), {}, {}};
}

/// Finite weights may still overflow: found on one grey image rather than after a stage of steps
/// that teach nothing.
void require_finite_features(const nn::VisionTransformer& teacher, const std::string& path) {
  const c10::NoGradGuard no_graph;
  const nn::BackboneInput input = teacher.input();
  const nn::ImageInput& images = input.images;
  const at::Tensor grey = at::zeros({1, images.channels, images.size.height, images.size.width});
  for (const auto& [kind, features] : teacher.features({{input.part, grey}}, at::kFloat)) {
    if (runtime::all_finite(features)) continue;
    throw DataError({.operation = "teacher",
                     .subject = path,
                     .fault = Fault::corrupt,
                     .reason = "gives features that are not finite, expected numbers",
                     .way_out = "take another teacher.path"});
  }
}

/// Empty: as the file's kind has it.
std::optional<nn::PositionResize> position_resize(objectives::TeacherPositions positions) {
  if (positions == objectives::TeacherPositions::exact) return nn::PositionResize::bicubic;
  if (positions == objectives::TeacherPositions::dino) return nn::PositionResize::offset;
  return std::nullopt;
}

TeacherNetwork teacher_from_file(const objectives::TeacherConfig& config,
                                 const nn::EncoderConfig& student, const runtime::Device& device) {
  exchange::EncoderHints hints;
  if (config.heads > 0) hints.heads = config.heads;
  const std::filesystem::path file = exchange::resolve_model_path(config.path);
  exchange::LoadedEncoder loaded = exchange::load_encoder(file, hints);
  std::string rule = exchange::adapt_channels(loaded, student.channels);
  const nn::EncoderConfig stored = loaded.description.config;
  for (const auto& [key, wanted, found] :
       {std::tuple{"width", config.width, stored.width},
        std::tuple{"patch_size", config.patch_size, stored.patch_size}}) {
    if (wanted > 0 && wanted != found) {
      throw UsageError(fmt::format("[teacher] teacher.{} is {}, but {} has {}; leave the key out",
                                   key, wanted, config.path, found));
    }
  }
  if (config.depth > stored.depth) {
    throw UsageError(fmt::format("[teacher] teacher.depth is {}, but {} has {} blocks",
                                 config.depth, config.path, stored.depth));
  }
  const auto full = exchange::make_encoder(loaded, input_size(config, student, stored.patch_size),
                                           /*device=*/{}, position_resize(config.position_resize));
  require_finite_features(*full, config.path);
  nn::EncoderConfig shape = objectives::feature_network(full->config(), config.features);
  if (config.depth >= 0) shape.depth = config.depth;
  auto parameters = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(shape), device);
  parameters->copy_from(full->parameters()->named());
  if (!config.mean.empty()) {
    loaded.description.mean = config.mean;
    loaded.description.std = config.std;
  }
  // Of other channels than the file's, the student's normalisation is the best that is known
  // where the file says none.
  if (rule.empty()) exchange::assume_normalisation(loaded.description);
  return {.config = shape,
          .parameters = std::move(parameters),
          .mean = loaded.description.mean,
          .std = loaded.description.std,
          .channels_rule = std::move(rule),
          .origins = exchange::origins_of(file, loaded.description)};
}

void check_blocks(const objectives::TeacherConfig& config, const nn::EncoderConfig& teacher) {
  const std::int64_t wanted = config.features.mean_of_blocks;
  if (wanted > 1 && wanted > teacher.depth) {
    throw UsageError(fmt::format(
        "[teacher] teacher.mean_of_blocks is {}, but the teacher has {} blocks; choose at most {}",
        wanted, teacher.depth, std::max<std::int64_t>(1, teacher.depth)));
  }
}

}  // namespace

TeacherNetwork make_initial_teacher(const objectives::TeacherConfig& config,
                                    const nn::EncoderConfig& student, std::uint64_t seed,
                                    const runtime::Device& device) {
  TeacherNetwork teacher = config.init == objectives::TeacherInit::file
                               ? teacher_from_file(config, student, device)
                               : random_teacher(config, student, seed, device);
  check_blocks(config, teacher.config);
  return teacher;
}

bool copies_student(const objectives::TeacherConfig& config, const TeacherNetwork& teacher,
                    const nn::EncoderConfig& student) {
  nn::EncoderConfig same_depth = teacher.config;
  same_depth.depth = student.depth;
  return config.init == objectives::TeacherInit::random && same_depth == student;
}

}  // namespace dbot::methods
