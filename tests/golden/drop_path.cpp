#include "dbot/objectives/target.h"
#include "tests/golden/dbot_networks.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// The stored draws of one stack in the order of nn::DropPath; blocks of rate 0 have none. Checks
/// our rates and keep flags on the way.
nn::DropPath stored_drop_path(const Fixture& fixture, const std::string& stack, std::int64_t depth,
                              Comparison& comparison) {
  const std::int64_t batch = fixture.at("in.images").size(0);
  nn::DropPath drop_path{fixture.config.at("drop_path_rate").get<double>(),
                         fixture.at("in.noise").new_zeros({2 * depth, batch})};
  const char* branches[] = {"attn", "mlp"};
  for (std::int64_t block = 0; block < depth; ++block) {
    const std::string name = stack + "." + std::to_string(block);
    if (fixture.config.contains("rates") && fixture.config.at("rates").contains(name)) {
      comparison.number("rate of " + name, nn::drop_path_rate(drop_path.maximum, block, depth),
                        fixture.config.at("rates").at(name).get<double>(), limits::drop_path_rate);
    }
    for (std::int64_t branch = 0; branch < 2; ++branch) {
      const std::string draw = name + "." + branches[branch];
      if (!fixture.has("in.draw." + draw)) continue;
      drop_path.draws.select(0, 2 * block + branch)
          .copy_(fixture.at("in.draw." + draw).reshape(-1));
    }
    const ops::BranchScales scales = drop_path.scales(block, depth);
    for (std::int64_t branch = 0; branch < 2; ++branch) {
      const std::string keep = "in.keep." + name + "." + branches[branch];
      const at::Tensor& scale = branch == 0 ? scales.attention : scales.mlp;
      if (fixture.has(keep) && scale.defined()) {
        comparison.equal(keep, scale.gt(0), fixture.at(keep).reshape(-1).gt(0));
      }
    }
  }
  return drop_path;
}

}  // namespace

void check_drop_path(const Fixture& fixture, Comparison& comparison) {
  const Student student = read_student(fixture);
  const nn::MaskedAutoencoderConfig& config = student.network.config();
  const at::Tensor latent =
      student.network.encode(fixture.at("in.images"), student.mask.ids_keep, at::kFloat,
                             stored_drop_path(fixture, "blocks", config.encoder.depth, comparison));
  const at::Tensor prediction = student.network.decode(
      latent, student.mask.ids_restore, at::kFloat,
      stored_drop_path(fixture, "decoder_blocks", config.decoder.depth, comparison));
  const bool final_norm = value_or(fixture.config, "tlayernorm", 0) != 0;
  const at::Tensor target = objectives::standardise(teacher_features(fixture, final_norm));
  const at::Tensor loss = objectives::masked_mean(
      objectives::token_loss(prediction, target, feature_loss(fixture)), student.loss_positions);
  comparison.exact("out.mask", student.loss_positions);
  if (fixture.has("out.ids_restore")) {
    comparison.exact("out.ids_restore", student.mask.ids_restore);
  }
  if (fixture.has("out.latent")) comparison.tensor("out.latent", latent, limits::value);
  comparison.tensor("out.pred", prediction, limits::value);
  comparison.numbers("out.loss", loss, limits::loss);
  loss.backward();
  compare_gradients(fixture, "g.", *student.network.parameters(), comparison);
}

}  // namespace dbot::golden
