#include "tests/golden/distillation/maskdistill_networks.h"

#include "dbot/core/error.h"
#include "dbot/exchange/names/tensor_names.h"
#include "dbot/nn/position_table.h"
#include "tests/golden/student.h"

namespace dbot::golden {
namespace {

// No entry of the files says how many heads the blocks of the predicting head have.
constexpr std::int64_t kHeadHeads = 2;

nn::EncoderConfig maskdistill_encoder(const nlohmann::json& config,
                                      const runtime::NamedTensors& weights) {
  nn::EncoderConfig encoder = encoder_config(config, /*channels=*/3, weights);
  encoder.layer_norm_eps = config.at("ln_eps_student").get<double>();
  encoder.position_table = config.at("use_abs_pos_emb").get<bool>();
  if (config.at("use_shared_rel_pos_bias").get<bool>()) {
    encoder.relative_positions = nn::RelativePositions::shared;
  } else if (config.at("use_rel_pos_bias").get<bool>()) {
    encoder.relative_positions = nn::RelativePositions::each_block;
  }
  encoder.layer_scale = value_or(config, "init_values", 0.0);
  encoder.key_bias = false;
  return encoder;
}

}  // namespace

std::string official_name(const std::string& stored) {
  const std::string rest = stored.substr(stored.find('.') + 1);
  if (stored.starts_with("student.")) return rest;
  if (rest.starts_with("fc.") || rest.starts_with("head.")) {
    return "lm_head" + rest.substr(rest.find('.'));
  }
  return "decoder_" + rest;
}

nn::MaskedEncoder read_maskdistill_student(const Fixture& fixture) {
  runtime::NamedTensors weights;
  for (const auto& [name, tensor] : fixture.with_prefix("w.")) {
    weights.emplace(official_name(name), tensor);
  }
  const nn::EncoderConfig encoder = maskdistill_encoder(fixture.config, weights);
  nn::MaskedEncoderConfig config{.encoder = encoder,
                                 .prediction_width = weights.at("lm_head.weight").size(0),
                                 .learned_positions = encoder.position_table};
  if (fixture.config.at("head") == "vit") {
    config.decoder = nn::DecoderConfig{.width = weights.at("decoder_embed.weight").size(0),
                                       .depth = depth_of(weights, "decoder_blocks."),
                                       .heads = kHeadHeads};
  }
  return {config, make_store(nn::masked_encoder_parameters(config), weights)};
}

MaskdistillTeacher::MaskdistillTeacher(const Fixture& fixture) {
  const nlohmann::json& config = fixture.config.at("teacher");
  auto official = exchange::to_official(fixture.with_prefix("teacher."), exchange::NameStyle::clip);
  if (!official.left_out.empty()) {
    throw Error("[golden] no name for the teacher's " + official.left_out.front());
  }
  const auto square = [&](const char* key) {
    const auto side = config.at(key).get<std::int64_t>();
    return core::Size{side, side};
  };
  tower_.image_size = square("native_image");
  tower_.patch_size = config.at("patch").get<std::int64_t>();
  tower_.width = config.at("width").get<std::int64_t>();
  tower_.depth = config.at("layers").get<std::int64_t>();
  tower_.heads = config.at("heads").get<std::int64_t>();
  tower_.layer_norm_eps = fixture.config.at("ln_eps_teacher").get<double>();
  tower_.patch_bias = false;
  tower_.norm_before = true;
  tower_.projection = official.tensors.at("head.weight").size(0);
  tower_.gelu = nn::Gelu::quick;
  const core::Size native = tower_.grid();
  tower_.image_size = square("input_image");
  at::Tensor& table = official.tensors.at("pos_embed");
  table = nn::resize_position_table(table, native, tower_.grid(), {.offset = nn::kDinoOffset});
  parameters_ = make_store(nn::encoder_parameters(tower_), official.tensors);
}

at::Tensor MaskdistillTeacher::patches(const at::Tensor& images, objectives::TeacherOutput output,
                                       objectives::Normalisation normalisation) const {
  const objectives::Teacher teacher(
      tower_, parameters_, {.output = output, .resize = objectives::ImageResize::bilinear});
  return teacher.features(images, at::kFloat, normalisation).slice(1, 1);
}

}  // namespace dbot::golden
