#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <cstdint>
#include <memory>

#include "dbot/methods/siamese/siamese_networks.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "dbot/tools/bench/ops_bench_cases.h"

// What a step does for networks that follow the trained one: moving averages and queues of keys.
namespace dbot::tools {
namespace {

constexpr double kFollowed = 1 - 0.996;  // of the trained weights, a step

struct FollowerShape {
  const char* name;
  nn::EncoderConfig encoder;

  double values() const {
    double values = 0;
    for (const nn::ParameterSpec& spec : nn::encoder_parameters(encoder)) {
      double of_one = spec.trainable() ? 1 : 0;
      for (const std::int64_t side : spec.shape) of_one *= static_cast<double>(side);
      values += of_one;
    }
    return values;
  }
};

std::shared_ptr<nn::ParameterStore> drawn_weights(const FollowerShape& shape, std::uint64_t seed) {
  auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(shape.encoder));
  store->initialise(seed, /*stage=*/0);
  return store;
}

OperationWays average_ways(const FollowerShape& shape) {
  const auto trained = drawn_weights(shape, 1);
  const auto ours = drawn_weights(shape, 2), theirs = drawn_weights(shape, 2);
  const std::string shown = "patch_embed.proj.weight";
  return {[=] {
            ours->lerp_from(*trained, kFollowed);
            return ours->at(shown).detach();
          },
          [=] {
            const at::NoGradGuard no_graph;
            for (const nn::ParameterSpec& spec : trained->specs()) {
              if (spec.trainable()) theirs->at(spec.name).lerp_(trained->at(spec.name), kFollowed);
            }
            return theirs->at(shown).detach();
          }};
}

constexpr std::int64_t kQueue = 65536, kKeys = 256;

/// MoCo's of ImageNet. What the encoder is does not matter.
methods::SiameseConfig queue_config() {
  methods::SiameseConfig config;
  config.network.kind = methods::ConvolutionKind::chain;
  config.network.image_size = {8, 8};
  config.network.widths = {8};
  config.queue = kQueue;
  return config;
}

OperationWays queue_ways() {
  const methods::SiameseConfig config = queue_config();
  const auto networks = std::make_shared<methods::SiameseNetworks>(config);
  networks->initialise(/*seed=*/1);
  const at::Tensor keys = at::randn({kKeys, config.head_width});
  const at::Tensor theirs = networks->queue().detach().clone();
  const auto place = std::make_shared<std::int64_t>(0);
  return {[=] {
            networks->enqueue(keys);
            return networks->queue();
          },
          [=] {
            theirs.narrow(1, *place, kKeys).copy_(keys.t());
            *place = (*place + kKeys) % kQueue;
            return theirs;
          }};
}

}  // namespace

std::vector<OperationCase> follower_cases() {
  std::vector<OperationCase> cases;
  for (const FollowerShape& shape :
       {FollowerShape{
            "dbot/tiny-32",
            {.image_size = {32, 32}, .patch_size = 4, .width = 192, .depth = 12, .heads = 3}},
        // A part of it, for the sake of memory: the caches hold neither.
        FollowerShape{
            "ViT-B/16 (4 blocks)",
            {.image_size = {224, 224}, .patch_size = 16, .width = 768, .depth = 4, .heads = 12}}}) {
    cases.push_back({.operation = "moving average",
                     .network = "parameters of an encoder",
                     .shape = fmt::format("{}, {:.1f} M values", shape.name, shape.values() / 1e6),
                     .reference = "one call a tensor",
                     // Both are read, the average is written.
                     .bytes = 3 * 4 * shape.values(),
                     .prepare = [shape] { return average_ways(shape); }});
  }
  const auto width = static_cast<double>(queue_config().head_width);
  cases.push_back({.operation = "keys into the queue",
                   .network = "MoCo, ImageNet",
                   .shape = fmt::format("{} of {} into {}", kKeys, width, kQueue),
                   .reference = "copy_ at a place known beforehand",
                   .bytes = 2 * 4 * static_cast<double>(kKeys) * width,
                   .prepare = queue_ways});
  return cases;
}

}  // namespace dbot::tools
