#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// The rules by which a recipe is chosen for somebody's images and time, in one place: a change of
// mind is a change of one line here, and of the same line in docs/start.md, which a test compares.
namespace dbot::run {

/// The row of the largest `from_side` that is not above the median of the shorter sides.
struct SizeRule {
  double from_side;  // pixels
  std::int64_t image_size, patch_size;
  std::string_view why;
};
inline constexpr std::array kSizeRules{
    SizeRule{0, 16, 2, "8 x 8 patches; smaller images are enlarged"},
    SizeRule{24, 32, 4, "8 x 8 patches, measured on CIFAR-10"},
    SizeRule{56, 64, 8, "8 x 8 patches: 32 px at twice the detail and hardly more time"},
    SizeRule{112, 128, 16, "8 x 8 patches: photographs in little time"},
    SizeRule{200, 224, 16, "14 x 14 patches, what other tools expect of photographs"},
};
/// A size is taken where its smallest network sees so many images in the time, else the next
/// smaller one. A tenth of what CIFAR-10 took to win taught nothing.
inline constexpr double kImagesForASize = 200'000;

/// The last row whose images seen fit the time and whose images the set has.
struct NetworkRule {
  std::int64_t width, depth, heads;
  std::int64_t decoder_width, decoder_heads;
  double from_images_seen;
  std::int64_t from_images;  // of the set
  double base_lr;            // highest rate for 256 images, in proportion to those of a step
  std::string_view why;
};
inline constexpr std::int64_t kDecoderDepth = 2;
inline constexpr std::array kNetworkRules{
    NetworkRule{96, 4, 3, 48, 3, 0, 0, 4e-3, "0.5 M parameters, measured on CIFAR-10"},
    NetworkRule{128, 6, 4, 64, 2, 1e6, 2'000, 4e-3,
                "1.2 M parameters; rate measured, length assumed"},
    NetworkRule{192, 6, 3, 96, 3, 2e6, 5'000, 1.5e-3, "2.7 M parameters; length and rate assumed"},
    NetworkRule{192, 12, 3, 96, 3, 4e6, 20'000, 1e-3, "5.4 M parameters; length and rate assumed"},
    NetworkRule{384, 12, 6, 192, 6, 1.5e7, 100'000, 6e-4,
                "21 M parameters; length and rate assumed"},
};

/// The last row whose images the set has; halved while a run has fewer than kFewestSteps.
struct BatchRule {
  std::int64_t from_images, batch_size;
  std::string_view why;
};
inline constexpr std::array kBatchRules{
    BatchRule{0, 4, "at least 8 steps an epoch"},
    BatchRule{64, 8, "at least 8 steps an epoch"},
    BatchRule{128, 16, "at least 8 steps an epoch"},
    BatchRule{256, 32, "at least 8 steps an epoch"},
    BatchRule{512, 64, "at least 8 steps an epoch"},
    BatchRule{1'024, 128, "measured on CIFAR-10"},
    BatchRule{200'000, 256, "many images: fewer, steadier steps"},
};
inline constexpr std::int64_t kFewestSteps = 400, kSmallestHalvedBatch = 32;

/// The last row whose images seen fit the time.
struct StageRule {
  double from_images_seen;
  std::int64_t count;
  std::array<std::string_view, 2> targets;  // the first `count`
  std::string_view why;
};
inline constexpr std::array kStageRules{
    StageRule{0, 1, {"pixels", ""}, "too short for a teacher to be worth its time"},
    StageRule{4e5,
              2,
              {"pixels", "teacher"},
              "normalised pixels first, then the features of that student: best on CIFAR-10 at "
              "equal images"},
};

/// A key that is the same for all.
struct FixedRule {
  std::string_view key, value, why;
};
inline constexpr std::array kFixedRules{
    FixedRule{"teacher.final_norm", "false", "as published"},
    FixedRule{"mask.ratio", "0.75", "as published"},
    FixedRule{"schedule.min_lr", "0.0", "the rate ends at nothing"},
    FixedRule{"optimizer.weight_decay", "0.05", "as published"},
    FixedRule{"optimizer.betas", "[0.9, 0.95]", "as published"},
    FixedRule{"optimizer.clip_norm", "3.0", "as published"},
    FixedRule{"data.crop_scale", "[0.6, 1.0]", "large crops, measured on CIFAR-10"},
    FixedRule{"data.flip", "0.5", "mirrored images look as likely"},
    FixedRule{"evaluate.features", "\"mean,grid:3\"",
              "the grid knows where things are, as raw "
              "pixels do"},
};
/// Of each stage.
inline constexpr double kWarmUpShare = 0.05;

inline constexpr double kEvaluationShare = 0.15;  // of the time, all evaluations together
inline constexpr double kPictureShare = 0.2;      // of the time; above it none are drawn
inline constexpr std::int64_t kMostTrainLabels = 20'000, kMostTestLabels = 5'000;
inline constexpr std::int64_t kFewestTrainLabels = 200;  // fewer say nothing: then there are none

inline constexpr std::int64_t kFewestImages = 32;  // of a set: from fewer nothing is learned
inline constexpr std::int64_t kStepsWorthARun = 20;

/// All of it as Markdown: what docs/start.md shows.
std::string document_start_rules();

}  // namespace dbot::run
