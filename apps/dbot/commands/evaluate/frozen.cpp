#include "apps/dbot/commands/evaluate/frozen.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <limits>
#include <vector>

#include "apps/dbot/commands/evaluate/kept_results.h"
#include "apps/dbot/commands/figures.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/audit/class_doubt.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/open.h"
#include "dbot/report/metrics/evaluation_table.h"
#include "dbot/report/text/shown_text.h"
#include "dbot/report/text/table.h"

namespace dbot::app {
namespace {

constexpr core::Size kPixelSize{32, 32};
constexpr std::int64_t kVideoChannels = 3;
constexpr std::int64_t kMostEpochs = 1'000'000, kMostNeighbours = 1'000'000;

std::string checked_features(const std::string& text) {
  if (eval::parse_feature_kinds(text)) return text;
  throw UsageError(
      fmt::format("[evaluate] --features is {}, expected {}", text, eval::kFeatureKinds));
}

std::vector<std::int64_t> blocks_of(const std::string& text) {
  if (text.empty()) return {};
  if (auto blocks = eval::parse_blocks(text)) return *blocks;
  throw UsageError(fmt::format(
      "[evaluate] --blocks is {}, expected rising numbers from 1 on, such as 12 or 3,6,9-12",
      text));
}

void check_range(const char* option, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return;
  throw UsageError(
      fmt::format("[evaluate] {} is {}, expected {} to {}", option, value, least, most));
}

std::optional<std::int64_t> epochs_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::int64_t epochs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epochs);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw UsageError(
        fmt::format("[evaluate] --epochs is {}, expected a whole number from 1 to {} for a linear "
                    "classifier",
                    text, kMostEpochs));
  }
  check_range("--epochs", epochs, 1, kMostEpochs);
  return epochs;
}

eval::ProbeProtocol probe_protocol(const std::string& protocol, const std::string& probe) {
  if (probe == "fast") return eval::ProbeProtocol::fast;
  if (probe != "mae") {
    throw UsageError(fmt::format("[evaluate] --protocol is {}, expected fast or mae", probe));
  }
  if (protocol == "linear") return eval::ProbeProtocol::mae;
  throw UsageError(
      "[evaluate] --protocol mae is a way to train the linear classifier; it goes with "
      "dbot evaluate linear");
}

data::Content content_of(const EvaluatedData& asked) {
  return asked.videos ? data::Content::videos : data::Content::images;
}

data::LabelledSplits open_splits(const EvaluatedData& asked) {
  const std::string& from = asked.labels.from;
  auto splits =
      data::open_labelled(asked.data, static_cast<std::uint64_t>(asked.seed), console_log(),
                          {.leave_out = asked.leave_out, .labels = from}, content_of(asked));
  complain(data::classes_text(splits.train->classes(), splits.labels));
  const bool may_doubt = from.empty() && !asked.videos;
  if (const auto doubt = may_doubt ? data::doubt_about_classes(*splits.train) : "";
      !doubt.empty()) {
    complain(
        fmt::format("warning: the classes {}: accuracies may say nothing of the features. "
                    "--labels folder says that they are classes, a list names others",
                    doubt));
  }
  return splits;
}

std::string percent_text(double value, double spread, bool several) {
  return several ? fmt::format("{:.2f} ± {:.2f}", value, spread) : fmt::format("{:.2f}", value);
}

void print_for_people(const eval::Evaluation& evaluation, const data::LabelledShare& share) {
  std::vector<std::vector<std::string>> rows{{"features", "top-1 %", "top-5 %"}};
  std::string further;
  for (const eval::EvaluationRow& row : evaluation.rows) {
    const bool several = !row.seeds.empty();
    rows.push_back({row.features, percent_text(row.top1, row.top1_spread, several),
                    percent_text(row.top5, row.top5_spread, several)});
    for (const auto& [name, value] : row.figures) {
      further += fmt::format("{}: {} {}\n", row.features, report::shown_text(name),
                             report::figure_text(value));
    }
  }
  const std::string labels = share.all() ? "" : ", " + data::to_text(share);
  const std::string seeds =
      evaluation.draws.size() > 1
          ? fmt::format(", mean ± standard deviation of {} seeds", evaluation.draws.size())
          : "";
  print_line(
      fmt::format("{} classes, {}{}{}", evaluation.classes, evaluation.split, labels, seeds));
  print(report::text_table(rows) + further);
}

/// Folder of the results; empty where none are kept: a plain evaluation changes no run folder.
std::filesystem::path results_folder(const std::string& model, const EvaluatedData& asked,
                                     const eval::EvaluateConfig& config) {
  if (!asked.out.empty()) return asked.out;
  const bool plain = config.share.all() && config.seeds == 1;
  if (plain || !is_run(model)) return {};
  try {
    return new_evaluation_folder(model);
  } catch (const Error& error) {
    complain(fmt::format("warning: {}; --out names another place for the results", error.what()));
    return {};
  }
}

eval::Evaluation evaluate_pixels(const ModelArguments& model, const EvaluatedData& asked,
                                 const eval::EvaluateConfig& config,
                                 const data::LabelledSplits& splits,
                                 eval::ExtractionSettings extraction) {
  nn::BackboneInput input{.images = {square_size(model).value_or(kPixelSize), kVideoChannels}};
  if (asked.videos) {
    input.clips = nn::ClipFrames{};
  } else {
    input.images.channels = data::usual_channels(*splits.train);
  }
  extraction.mean.assign(static_cast<std::size_t>(input.images.channels), 0.5);
  extraction.std = extraction.mean;
  return eval::evaluate_pixels(input, splits, config, extraction,
                               static_cast<std::uint64_t>(asked.seed), stop_request(),
                               console_log());
}

void show_and_keep(const std::string& model, const EvaluatedData& asked,
                   const eval::EvaluateConfig& config, const eval::Evaluation& evaluation,
                   const data::Dataset& train, bool json) {
  const std::filesystem::path out = results_folder(model, asked, config);
  const std::string results = figures(
      evaluation, {.model = model, .labels = data::to_text(config.share), .out = out.string()});
  // First shown: a full disk shall not cost the hours of an evaluation.
  if (json) {
    print_line(results);
  } else {
    print_for_people(evaluation, config.share);
  }
  if (out.empty()) return;
  keep_results(out, results, evaluation, train);
  const char* names = config.share.all() ? "" : " and names of the labelled images";
  complain(fmt::format("results{}: {}", names, out.string()));
}

}  // namespace

eval::EvaluateConfig frozen_configuration(const std::string& protocol, const EvaluatedData& asked,
                                          const FrozenArguments& arguments) {
  check_range("--seeds", arguments.seeds, 1, 1000);
  check_range("--batch", arguments.batch.value_or(2), 2, std::int64_t{1} << 24);
  const std::optional<std::int64_t> epochs = epochs_of(asked.epochs);
  eval::EvaluateConfig config;
  config.knn = protocol == "knn";
  config.linear = protocol == "linear";
  config.features = checked_features(arguments.features);
  config.blocks = blocks_of(arguments.blocks);
  config.probe = probe_protocol(protocol, arguments.probe);
  if (config.knn && epochs) {
    throw UsageError("[evaluate] --epochs is of a classifier that is trained; knn trains none");
  }
  if (arguments.batch && config.probe != eval::ProbeProtocol::mae) {
    throw UsageError("[evaluate] --batch is of the steps of --protocol mae");
  }
  if (arguments.neighbours && !config.knn) {
    throw UsageError("[evaluate] --neighbours is for knn; a linear classifier has none");
  }
  config.neighbours = arguments.neighbours.value_or(config.neighbours);
  check_range("--neighbours", config.neighbours, 1, kMostNeighbours);
  config.probe_epochs = epochs.value_or(config.probe_epochs);
  config.mae_epochs = epochs.value_or(config.mae_epochs);
  config.mae_batch_size = arguments.batch.value_or(config.mae_batch_size);
  config.share = asked.labels.share;
  config.seeds = arguments.seeds;
  return config;
}

void evaluate_frozen(const ModelArguments& model, const EvaluatedData& asked,
                     const eval::EvaluateConfig& config, bool json) {
  if (!asked.out.empty()) check_output_folder("evaluate", asked.out, /*force=*/false);
  if (model.model == "pixels") {
    eval::ExtractionSettings extraction = compute_settings(model);
    extraction.content = content_of(asked);
    square_size(model);  // before the images are looked at
    const auto splits = open_splits(asked);
    return show_and_keep(model.model, asked, config,
                         evaluate_pixels(model, asked, config, splits, extraction), *splits.train,
                         json);
  }
  Model network = load_model(model);
  network.extraction.content = content_of(asked);
  const auto splits = open_splits(asked);
  show_and_keep(model.model, asked, config,
                eval::evaluate_backbone(*network.encoder, splits, config, network.extraction,
                                        static_cast<std::uint64_t>(asked.seed), stop_request(),
                                        console_log()),
                *splits.train, json);
}

}  // namespace dbot::app
