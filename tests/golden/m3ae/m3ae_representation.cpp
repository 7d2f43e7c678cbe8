#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "dbot/eval/frozen/mae_probe_head.h"
#include "dbot/exchange/joint/flax_names.h"
#include "dbot/methods/image_text/image_text_config.h"
#include "dbot/nn/joint/joint_encoder.h"
#include "dbot/nn/joint/joint_parameters.h"
#include "dbot/nn/position_table.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "dbot/ops/patchify.h"
#include "dbot/optim/schedule.h"
#include "tests/golden/m3ae/joint_networks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// The numbers behind letters in a name: "d24_n11" → 24 and 11.
std::vector<std::int64_t> numbers_in(const std::string& text) {
  std::vector<std::int64_t> numbers;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    std::int64_t number = 0;
    const auto [next, problem] = std::from_chars(at, end, number);
    if (problem == std::errc()) numbers.push_back(number);
    at = problem == std::errc() ? next : at + 1;
  }
  return numbers;
}

void compare_joint_tables(const Fixture& fixture, Comparison& comparison) {
  for (const std::string& name : fixture.names("sincos1d_")) {
    const auto sizes = numbers_in(name);
    comparison.elements("sincos1d_" + name,
                        nn::text_positions(sizes.at(0), sizes.at(1), {}).unsqueeze(0),
                        {.absolute = 1e-6, .relative = 1e-6});
  }
  for (const std::string& name : fixture.names("sincos2d_")) {
    const auto sizes = numbers_in(name);
    std::int64_t side = 1;
    while (side * side < sizes.at(1)) ++side;
    comparison.elements("sincos2d_" + name,
                        nn::sincos_table_2d(sizes.at(0), {side, side}).slice(0, 1).unsqueeze(0),
                        {.absolute = 1e-6, .relative = 1e-6});
  }
}

void compare_joint_patches(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor images = channels_first(fixture.at("patch.image"));
  const auto values = static_cast<std::int64_t>(fixture.peek("patch.tokens").size(2));
  std::int64_t side = 1;
  while (side * side * 3 < values) ++side;
  comparison.exact("patch.tokens", ops::patchify(images, side));
}

void compare_joint_rates(const Fixture& fixture, Comparison& comparison) {
  const nlohmann::json& said = fixture.config.at("sched");
  const at::Tensor& steps = fixture.at("sched.step");
  std::vector<double> rates;
  for (std::int64_t i = 0; i < steps.size(0); ++i) {
    // Behind the last step the rate stays at its end.
    const double end = said.at("decay_steps").get<double>();
    const double step = std::min(static_cast<double>(steps[i].item<std::int64_t>()), end);
    rates.push_back(optim::learning_rate(step, 0, end, said.at("warmup_steps").get<double>(),
                                         said.at("peak").get<double>(),
                                         said.at("end").get<double>()));
  }
  comparison.elements("sched.lr", at::tensor(rates, at::kDouble),
                      {.absolute = 1e-12, .relative = 1e-6});
}

void compare_joint_probe(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& features = fixture.at("linear.features_in");
  const at::Tensor weight = fixture.at("linear.kernel").t().contiguous();
  eval::MaeProbeHead head(weight.size(0), weight.size(1), /*seed=*/0,
                          {.eps = fixture.config.at("bn_eps").get<double>(),
                           .momentum = 1 - fixture.config.at("bn_momentum").get<double>(),
                           .biased_variance = true});
  runtime::NamedTensors state = head.state();
  state["1.weight"] = weight;
  state["1.bias"] = fixture.at("linear.bias");
  head.load_state(state);
  const auto value = element_limits::value;
  comparison.elements("linear.logits_train", head.training_logits(features), value);
  comparison.elements("linear.running_mean_after", head.state().at("0.running_mean"), value);
  comparison.elements("linear.running_var_after", head.state().at("0.running_var"), value);
  comparison.elements("linear.logits_eval_after", head.logits(features), value);
}

/// Which tensors have weight decay, by the names of the published program.
void compare_joint_decay(const Fixture& fixture, const nn::JointConfig& config,
                         Comparison& comparison) {
  const nlohmann::json said = fixture.json_entry("weight_decay_applies");
  runtime::NamedTensors flags;
  for (const auto& spec : nn::joint_parameters(config)) {
    if (!spec.trainable()) continue;
    // A tensor of that shape, so that its name is found by the same rules.
    flags[spec.name] = at::zeros(spec.shape).fill_(spec.decayed() ? 1 : 0);
  }
  std::size_t known = 0;
  for (const auto& [name, flag] : exchange::joint_to_flax(flags)) {
    if (!said.contains(name)) continue;
    ++known;
    comparison.truth("decay of " + name,
                     said.at(name).get<bool>() == (flag.max().item<float>() > 0));
  }
  comparison.truth("all tensors of the list are known", known == said.size());
}

}  // namespace

void check_m3ae_representation(const Fixture& fixture, Comparison& comparison) {
  const nn::JointConfig config = methods::joint_network(joint_config(fixture));
  auto store = std::make_shared<nn::ParameterStore>(nn::joint_parameters(config));
  store->copy_from(exchange::joint_from_flax(fixture.with_prefix("w."), fixture.path.string()),
                   /*partial=*/true);
  store->freeze();
  const nn::JointEncoder encoder(config, store);
  const auto [rows, columns] = config.encoder.grid();
  const at::Tensor images = ops::unpatchify(fixture.at("input.patches"), config.encoder.patch_size,
                                            rows, columns, config.encoder.channels);
  const auto value = element_limits::value;
  const auto encoded = [&](const nn::JointInput& input) {
    return encoder.encode(encoder.embed(input), at::kFloat);
  };
  comparison.elements("rep_image_only", encoded({.images = images}), value);
  comparison.elements("rep_paired",
                      encoded({.images = images,
                               .text = nn::TextTokens{fixture.at("input.text"),
                                                      fixture.at("input.text_padding_mask")}}),
                      value);
  // The encoder of images that is handed out sees the same, the vector of their type folded in.
  auto vision = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config.encoder));
  vision->copy_from(encoder.image_tensors());
  vision->freeze();
  const nn::VisionTransformer handed_out(config.encoder, vision);
  comparison.elements("rep_image_only",
                      handed_out.norm(handed_out.blocks(handed_out.embed(images), at::kFloat)),
                      value);
  compare_joint_tables(fixture, comparison);
  compare_joint_patches(fixture, comparison);
  compare_joint_rates(fixture, comparison);
  compare_joint_probe(fixture, comparison);
  compare_joint_decay(fixture, config, comparison);
}

}  // namespace dbot::golden
