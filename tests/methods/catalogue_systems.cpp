#include "tests/methods/catalogue_systems.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>
#include <variant>

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/methods/catalogue.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/clip_classification/small_labelled_clips.h"
#include "tests/methods/image_text/small_pairs.h"
#include "tests/methods/images_and_numbers.h"
#include "tests/methods/masked_clips/small_clips.h"
#include "tests/methods/mixture_separation/small_autoencoder.h"
#include "tests/methods/small_system.h"
#include "tests/support/fake_device/test_devices.h"

namespace dbot::test {
namespace {

/// `kept` lives as long as the maker: what the configuration reads.
auto maker(methods::MethodConfig config, std::shared_ptr<void> kept = nullptr) {
  return [config = std::move(config), kept = std::move(kept)](bool stored,
                                                              const runtime::Device& device) {
    const methods::MakeContext context{.seed = 5, .device = device, .stages = 2};
    return stored ? methods::catalogue::make_stored(config, context)
                  : methods::catalogue::make(config, context);
  };
}

void write_encoder(const std::string& path, const nn::EncoderConfig& shape) {
  nn::ParameterStore store(nn::encoder_parameters(shape));
  store.initialise(/*seed=*/9, /*stage=*/0);
  exchange::save_encoder(path, {.config = shape, .mean = {}, .std = {}}, store.named());
}

/// A small configuration of each system in the catalogue: one that lacks an overload here does not
/// compile.
std::vector<System> small_ones(const methods::MaskedModelingConfig& /*which*/) {
  methods::MaskedModelingConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.decoder = {.width = 16, .depth = 1, .heads = 2};
  config.mask.ratio = 0.5;
  config.drop_path = 0.2;
  methods::MaskedModelingConfig pixels = config;
  pixels.objective = {.target = objectives::TargetKind::pixels,
                      .normalisation = objectives::Normalisation::patch};
  methods::MaskedModelingConfig symmetric = config;
  symmetric.student = methods::StudentKind::symmetric;
  symmetric.encoder.relative_positions = nn::RelativePositions::shared;
  methods::MaskedModelingConfig average = symmetric;
  average.head = methods::HeadKind::decoder;
  average.learned_positions = true;
  average.mask = {.kind = masking::MaskKind::block, .ratio = 0.5, .smallest_block = 1, .count = -1};
  average.teacher.update = objectives::TeacherUpdate::step;
  average.teacher.momentum = 0.9;
  average.objective.normalisation = objectives::Normalisation::layer_norm;
  methods::MaskedModelingConfig mixed = config;
  mixed.stage_targets = {objectives::TargetKind::pixels, objectives::TargetKind::teacher};
  const auto folder = std::make_shared<TemporaryFolder>();
  methods::MaskedModelingConfig started = config;
  started.start = {.init = methods::StudentInit::file,
                   .path = (*folder / "start.safetensors").string(),
                   .lr_factor = 0.5};
  write_encoder(started.start.path, config.encoder);
  std::vector<System> systems;
  for (const auto& [name, small] : {std::pair{"dbot", config},
                                    {"dbot, from weights", started},
                                    {"mae", pixels},
                                    {"mae, then dbot", mixed},
                                    {"dbot, symmetric", symmetric},
                                    {"maskdistill, moving average", average}}) {
    systems.push_back({name, maker(small, folder), {}, "\"patch_size\":4"});
  }
  return systems;
}

std::vector<System> small_ones(const methods::ClassificationConfig& /*which*/) {
  methods::ClassificationConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.drop_path = 0.2;
  config.layer_decay = 0.75;
  methods::ClassificationConfig mixed = config;
  mixed.smoothing = 0.1;
  mixed.mixing = {.mixup = 0.8, .cutmix = 1.0};
  mixed.pooling = nn::Pooling::cls;
  mixed.encoder.relative_positions = nn::RelativePositions::each_block;
  std::vector<System> systems;
  for (const auto& [name, small, scalars] :
       {std::tuple{"classification", config, std::vector<std::string>{"accuracy"}},
        {"classification, mixed", mixed, std::vector<std::string>{}}}) {
    systems.push_back({name, maker(small), scalars, "\"classes\":[\"dark\",\"bright\"]"});
  }
  return systems;
}

std::vector<System> small_ones(const methods::SiameseConfig& /*which*/) {
  using methods::SiameseLoss;
  using methods::SiameseMixing;
  methods::SiameseConfig config;
  config.network.kind = methods::ConvolutionKind::chain;
  config.network.image_size = {8, 8};
  config.network.widths = {8, 16};
  config.head_width = 8;
  config.queue = 8;
  config.momentum = 0.9;
  config.mask.cells = 4;
  methods::SiameseConfig pairs = config;
  pairs.network.kind = methods::ConvolutionKind::resnet18;
  pairs.network.stem = nn::Stem::cifar;
  pairs.network.base_width = 4;
  pairs.loss = SiameseLoss::byol;
  pairs.mixing = SiameseMixing::both;
  std::vector<System> systems;
  for (const auto& [name, small, scalars] :
       {std::tuple{"mixmask", config,
                   std::vector<std::string>{"base_loss", "accuracy", "mask_share"}},
        {"byol, mixed twice", pairs,
         std::vector<std::string>{"base_loss", "unmix_share", "mask_share"}}}) {
    systems.push_back(
        {name, maker(small), scalars, "\"network\":", {"masks", "mixtures", "nearest_keys"}});
  }
  return systems;
}

/// One without a teacher, and one that an MAE starts and teaches. Its file lives as long as the
/// system.
std::vector<System> small_ones(const methods::MixtureSeparationConfig& /*which*/) {
  methods::MixtureSeparationConfig config = small_mixture_config();
  const auto folder = std::make_shared<TemporaryFolder>();
  methods::MixtureSeparationConfig taught = config;
  taught.start = methods::StartKind::file;
  taught.start_path = (*folder / "mae.safetensors").string();
  taught.distillation = 1;
  taught.lam_scope = methods::LamScope::per_sample;
  write_autoencoder(taught.start_path, config.encoder, small_autoencoder(config));
  std::vector<System> systems;
  for (const auto& [name, small, scalars] :
       {std::tuple{"imae", config, std::vector<std::string>{"reconstruction"}},
        {"imae, taught", taught, std::vector<std::string>{"reconstruction", "distillation"}}}) {
    systems.push_back({name, maker(small, folder), scalars, "\"patch_size\":4", {"mixtures"}});
  }
  return systems;
}

/// One with the defaults, and one with everything else that there is.
std::vector<System> small_ones(const methods::ImageTextConfig& /*which*/) {
  methods::ImageTextConfig config = small_image_text();
  config.text_length = config.unpaired_length = kTextLength;
  config.vocabulary = kTextWords;
  config.drop_path = 0.2;
  methods::ImageTextConfig other = config;
  other.unpaired_weight = 0.5;
  other.mask_scope = methods::MaskScope::per_batch;
  other.type_vectors = false;
  other.head_depth = 2;
  const std::vector<std::string> pairs{"image_loss", "text_loss", "text_accuracy", "text_pairs"};
  std::vector<std::string> all = pairs;
  all.insert(all.end(), {"unpaired_loss", "unpaired_accuracy"});
  return {{"m3ae", maker(config), pairs, "\"gelu\":\"tanh\""},
          {"m3ae, with unpaired texts", maker(other), all, "\"gelu\":\"tanh\""}};
}

/// One with the defaults, and one with everything else that there is.
std::vector<System> small_ones(const methods::MaskedClipsConfig& /*which*/) {
  methods::MaskedClipsConfig config = small_masked_clips();
  config.network.frames = kClipFrames;
  config.repeats = 1;
  methods::MaskedClipsConfig other = config;
  other.network.encoder.class_token = false;
  other.network.positions = nn::ClipPositions::learned;
  other.network.attention_bias = false;
  other.mask.kind = masking::SpaceTimeMaskKind::cube;
  other.target_frames = kClipFrames;
  other.normalisation = methods::PixelScale::none;
  return {{"maest", maker(config), {}, "\"clip\":{"},
          {"maest, without class token", maker(other), {}, "\"positions\":\"learned\""}};
}

std::vector<System> small_ones(const methods::ClipClassificationConfig& /*which*/) {
  methods::ClipClassificationConfig config = small_clip_classifier();
  config.network.frames = kClipFrames;
  config.drop_path = 0.2;
  config.dropout = 0.3;
  config.layer_decay = 0.75;
  methods::ClipClassificationConfig mixed = config;
  mixed.network.encoder.class_token = false;
  mixed.smoothing = 0.1;
  mixed.mixing = {.mixup = 0.8, .cutmix = 1.0};
  return {{"maest, fine-tuned", maker(config), {"accuracy"}, "\"clip\":{"},
          {"maest, fine-tuned, mixed", maker(mixed), {}, "\"classes\":[\"dark\",\"bright\"]"}};
}

/// The same on a chain of convolutions.
methods::SupermaskConfig chain_of(methods::SupermaskConfig config) {
  config.network.kind = methods::TaskNetworkKind::chain;
  return config;
}

/// ExSSNeT on a chain of convolutions; and SupSup's masks of dense layers, a second task of which
/// begins with what the first one found.
std::vector<System> small_ones(const methods::SupermaskConfig& /*which*/) {
  methods::SupermaskConfig config;
  config.network.kind = methods::TaskNetworkKind::chain;
  config.network.convolution = {.image_size = {8, 8}, .widths = {8, 16}};
  config.split = {.kind = data::TaskKind::pieces, .count = 1};
  config.density.density = 0.5;
  methods::SupermaskConfig masks = config;
  masks.network.kind = methods::TaskNetworkKind::lenet;
  masks.network.hidden = {16, 8};
  masks.learning = methods::TaskLearning::masks;
  masks.split = {.kind = data::TaskKind::permutations, .count = 2};
  masks.transfer.kind = methods::Transfer::none;  // two processes would see other batches
  methods::SupermaskConfig held = masks;
  held.learning = methods::TaskLearning::ewc;
  methods::SupermaskConfig joint = chain_of(masks);
  joint.learning = methods::TaskLearning::joint;
  joint.split = {.kind = data::TaskKind::pieces, .count = 1};
  methods::SupermaskConfig words = config;
  words.network.kind = methods::TaskNetworkKind::text;
  words.network.text = {.length = kRowWidth, .width = 16, .filters = 8, .kernels = {1, 2}};
  words.transfer.kind = methods::Transfer::none;
  const std::vector<std::string> shown{"mask_overlap", "free_share"};
  constexpr double no_decay = 0;
  return {{"exssnet", maker(config), {"accuracy"}, "\"network\":\"chain\"", shown, no_decay},
          {"exssnet of texts", maker(words), {"accuracy"}, "\"text\":{", shown, no_decay},
          {"all tasks at once", maker(joint), {"accuracy"}, "\"chain\"", {}, no_decay},
          {"supsup", maker(masks), {"accuracy"}, "\"dense\":{", shown, no_decay},
          {"tasks with ewc, by a chain",
           maker(chain_of(held)),
           {"accuracy"},
           "\"chain\"",
           {},
           no_decay}};
}

/// One as the paper's, and one with everything else that there is.
std::vector<System> small_ones(const methods::PolicyMultilabelConfig& /*which*/) {
  methods::PolicyMultilabelConfig config;
  config.steps = 2;
  config.hidden = 4;
  methods::PolicyMultilabelConfig other = config;
  other.episode.weights = methods::WeightPolicy::look_ahead;
  other.episode.thresholds = methods::ThresholdPolicyLearning::direct;
  other.classifier_hidden = 6;
  other.optimizer = methods::ClassifierOptimizer::sgd;
  std::vector<System> systems;
  for (const auto& [name, small] :
       {std::pair{"policies of labels", config}, {"policies of labels by gradients", other}}) {
    systems.push_back({name,
                       maker(small),
                       {"classifier_loss", "reward", "exact_f1", "mean_threshold"},
                       "\"network\":\"label_classifier\"",
                       {"thresholds", "weights", "frequency"}});
  }
  return systems;
}

}  // namespace

void PrintTo(const System& system, std::ostream* out) {
  *out << system.name;
}

std::vector<System> all_systems() {
  std::vector<System> systems;
  for (std::size_t kind = 0; kind < methods::catalogue::kinds().size(); ++kind) {
    const methods::MethodConfig config = methods::catalogue::default_config(kind);
    std::ranges::move(std::visit([](const auto& which) { return small_ones(which); }, config),
                      std::back_inserter(systems));
  }
  std::vector<System> everywhere;
  for (const std::string& device : test_devices()) {
    for (System system : systems) {
      system.device_name = device;
      system.device = device_named(device);
      if (device != "cpu") system.name += " on " + device;
      everywhere.push_back(std::move(system));
    }
  }
  everywhere.push_back(
      {"a convolution",
       [](bool, const runtime::Device&) { return std::make_unique<SmallSystem>(); },
       {"numbers", "error"},
       "convolution",
       {"strip", "frames", "text", "matrix", "curve", "points", "mesh"}});
  return everywhere;
}

}  // namespace dbot::test
