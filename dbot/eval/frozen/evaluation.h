#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/sources/labelled_share.h"
#include "dbot/data/sources/open.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/eval/frozen/label_draws.h"
#include "dbot/nn/backbone.h"

// The protocols on frozen features, as `dbot evaluate` and the observer of a training run call
// them: features are computed once and all protocols read them.
namespace dbot::eval {

/// How the linear classifier is trained: on cached features (linear_probe.h), or as MAE's authors
/// do (mae_probe.h).
enum class ProbeProtocol { fast, mae };

/// Recipe table [evaluate].
struct EvaluateConfig {
  double every_epochs = 0;    // during training; 0: never
  bool at_stage_ends = true;  // also before the first step, with raw pixels once
  std::string data;           // labelled folder; empty: the training data's
  std::string labels;         // where they come from: data::Choice
  bool knn = true;
  bool linear = true;
  std::string features = "both";  // eval::parse_feature_kinds
  std::int64_t neighbours = 20;
  double temperature = 0.07;
  std::int64_t probe_epochs = 50;
  std::int64_t max_train_images = 0;  // a seeded choice, the same every time; 0: all
  std::int64_t max_test_images = 0;

  // Of no recipe: `dbot evaluate` alone sets them.
  std::vector<std::int64_t> blocks = {};  // whose features are joined; empty: the last
  ProbeProtocol probe = ProbeProtocol::fast;
  std::int64_t mae_epochs = 90;
  std::int64_t mae_batch_size = 16384;
  data::LabelledShare share = {};  // of the training labels
  std::int64_t seeds = 1;          // each draws its own labels and trains its own classifier
};

/// The figures of a protocol on one kind of feature.
struct EvaluationRow {
  std::string protocol;                              // "knn", "linear" or "linear_mae"
  std::string features;                              // "cls", "mean", "grid:3", "pixels"
  double top1 = 0, top5 = 0;                         // percent of the labelled test images
  double seconds = 0;                                // of the protocol, extraction not included
  std::int64_t train_samples = 0, test_samples = 0;  // labelled ones
  /// Further ones by name, "mAP"; names differ. A protocol that has no top-1 and top-5 sets both to
  /// NaN.
  std::vector<std::pair<std::string, double>> figures = {};
  /// Of several seeds, whose mean top1 and top5 are: the figures of each and their standard
  /// deviation. Empty and 0 for one.
  std::vector<SeedFigures> seeds = {};
  double top1_spread = 0, top5_spread = 0;
};

struct Evaluation {
  std::vector<EvaluationRow> rows;
  std::vector<LabelDraw> draws;   // places in the training split of `limit_splits`
  double extraction_seconds = 0;  // of the features of both splits
  std::int64_t classes = 0;
  std::string split;  // where training and test images come from
};

/// The splits cut to `max_train_images` and `max_test_images`. The choice depends on seed, limit
/// and size of the split alone.
data::LabelledSplits limit_splits(const data::LabelledSplits& splits, const EvaluateConfig& config,
                                  std::uint64_t seed);

/// Evaluates a backbone. Kinds of features that it lacks are left out. Throws DataError if the
/// splits name fewer than two classes or hold no labels, UsageError for features that do not fit
/// memory, Stopped when asked to stop. `extraction.progress` is told of every pass: over images,
/// then of each protocol on each kind of feature.
Evaluation evaluate_backbone(const nn::Backbone& backbone, const data::LabelledSplits& splits,
                             const EvaluateConfig& config, const ExtractionSettings& extraction,
                             std::uint64_t seed, const core::StopRequest& stop,
                             const core::Log& log);

/// The size at which raw pixels are compared with a network that reads `input`: of the same shape,
/// 64 pixels at most. Larger ones cost hours and memory and say no more.
core::Size raw_pixel_size(core::Size input);

/// The same on the pixels themselves, read like `input`: the baseline that every backbone has to
/// beat.
Evaluation evaluate_pixels(const nn::BackboneInput& input, const data::LabelledSplits& splits,
                           const EvaluateConfig& config, const ExtractionSettings& extraction,
                           std::uint64_t seed, const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::eval
