// dbot evaluate knn|linear: how good a network's frozen features are on labelled images.
#include "dbot/eval/frozen/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/evaluate/kept_results.h"
#include "apps/dbot/commands/evaluate/label_arguments.h"
#include "apps/dbot/commands/figures.h"
#include "apps/dbot/commands/model_argument.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/audit/class_doubt.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/open.h"
#include "dbot/report/text/table.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string protocol, data, leave_out, out, blocks, features = "both", probe = "fast";
  std::vector<std::string> labels;
  std::int64_t seed = 0, seeds = 1;
  std::optional<std::int64_t> epochs, batch;
  bool json = false;
};

constexpr std::array<const char*, 4> kPlanned{"finetune", "robust", "segment", "detect"};
constexpr core::Size kPixelSize{32, 32};

void check_protocol(const std::string& protocol) {
  if (protocol == "knn" || protocol == "linear") return;
  if (std::find(kPlanned.begin(), kPlanned.end(), protocol) != kPlanned.end()) {
    throw UsageError(
        fmt::format("[evaluate] {} is not in this version; choose knn or linear", protocol));
  }
  const std::string nearest = run::nearest_name(protocol, {"knn", "linear"});
  throw UsageError(fmt::format("[evaluate] {} is not a protocol, expected knn or linear{}",
                               protocol, nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

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

eval::ProbeProtocol probe_protocol(const Arguments& arguments) {
  if (arguments.probe == "fast") return eval::ProbeProtocol::fast;
  if (arguments.probe != "mae") {
    throw UsageError(
        fmt::format("[evaluate] --protocol is {}, expected fast or mae", arguments.probe));
  }
  if (arguments.protocol == "linear") return eval::ProbeProtocol::mae;
  throw UsageError(
      "[evaluate] --protocol mae is a way to train the linear classifier; it goes with "
      "dbot evaluate linear");
}

eval::EvaluateConfig configuration(const Arguments& arguments) {
  check_range("--seed", arguments.seed, 0, std::numeric_limits<std::int64_t>::max());
  check_range("--seeds", arguments.seeds, 1, 1000);
  check_range("--epochs", arguments.epochs.value_or(1), 1, 1'000'000);
  check_range("--batch", arguments.batch.value_or(2), 2, std::int64_t{1} << 24);
  eval::EvaluateConfig config;
  config.knn = arguments.protocol == "knn";
  config.linear = arguments.protocol == "linear";
  config.features = checked_features(arguments.features);
  config.blocks = blocks_of(arguments.blocks);
  config.probe = probe_protocol(arguments);
  if (config.knn && arguments.epochs) {
    throw UsageError("[evaluate] --epochs is of a classifier that is trained; knn trains none");
  }
  if (arguments.batch && config.probe != eval::ProbeProtocol::mae) {
    throw UsageError("[evaluate] --batch is of the steps of --protocol mae");
  }
  config.probe_epochs = arguments.epochs.value_or(config.probe_epochs);
  config.mae_epochs = arguments.epochs.value_or(config.mae_epochs);
  config.mae_batch_size = arguments.batch.value_or(config.mae_batch_size);
  config.share = wanted_labels(arguments.labels).share;
  config.seeds = arguments.seeds;
  return config;
}

data::LabelledSplits open_splits(const Arguments& arguments) {
  const std::string from = wanted_labels(arguments.labels).from;
  auto splits =
      data::open_labelled(arguments.data, static_cast<std::uint64_t>(arguments.seed), console_log(),
                          {.leave_out = arguments.leave_out, .labels = from});
  complain(data::classes_text(splits.train->classes(), splits.labels));
  if (const auto doubt = from.empty() ? data::doubt_about_classes(*splits.train) : "";
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
  for (const eval::EvaluationRow& row : evaluation.rows) {
    const bool several = !row.seeds.empty();
    rows.push_back({row.features, percent_text(row.top1, row.top1_spread, several),
                    percent_text(row.top5, row.top5_spread, several)});
  }
  const std::string labels = share.all() ? "" : ", " + data::to_text(share);
  const std::string seeds =
      evaluation.draws.size() > 1
          ? fmt::format(", mean ± standard deviation of {} seeds", evaluation.draws.size())
          : "";
  print_line(
      fmt::format("{} classes, {}{}{}", evaluation.classes, evaluation.split, labels, seeds));
  print(report::text_table(rows));
}

/// Folder of the results; empty where none are kept: a plain evaluation changes no run folder.
std::filesystem::path results_folder(const Arguments& arguments,
                                     const eval::EvaluateConfig& config) {
  if (!arguments.out.empty()) return arguments.out;
  const bool plain = config.share.all() && config.seeds == 1;
  if (plain || !is_run(arguments.model)) return {};
  try {
    return new_evaluation_folder(arguments.model);
  } catch (const Error& error) {
    complain(fmt::format("warning: {}; --out names another place for the results", error.what()));
    return {};
  }
}

void show_and_keep(const Arguments& arguments, const eval::EvaluateConfig& config,
                   const eval::Evaluation& evaluation, const data::Dataset& train) {
  const std::filesystem::path out = results_folder(arguments, config);
  const std::string json = figures(
      evaluation,
      {.model = arguments.model, .labels = data::to_text(config.share), .out = out.string()});
  // First shown: a full disk shall not cost the hours of an evaluation.
  if (arguments.json) {
    print_line(json);
  } else {
    print_for_people(evaluation, config.share);
  }
  if (out.empty()) return;
  keep_results(out, json, evaluation, train);
  const char* names = config.share.all() ? "" : " and names of the labelled images";
  complain(fmt::format("results{}: {}", names, out.string()));
}

void evaluate(const Arguments& arguments) {
  check_protocol(arguments.protocol);
  const eval::EvaluateConfig config = configuration(arguments);
  if (!arguments.out.empty()) check_output_folder("evaluate", arguments.out, /*force=*/false);
  const auto seed = static_cast<std::uint64_t>(arguments.seed);
  if (arguments.model != "pixels") {
    const Model model = load_model(arguments);
    const auto splits = open_splits(arguments);
    return show_and_keep(arguments, config,
                         eval::evaluate_backbone(*model.encoder, splits, config, model.extraction,
                                                 seed, stop_request(), console_log()),
                         *splits.train);
  }
  eval::ExtractionSettings extraction = compute_settings(arguments);
  const core::Size size = square_size(arguments).value_or(kPixelSize);
  const auto splits = open_splits(arguments);
  const int channels = data::usual_channels(*splits.train);
  extraction.mean.assign(static_cast<std::size_t>(channels), 0.5);
  extraction.std = extraction.mean;
  show_and_keep(arguments, config,
                eval::evaluate_pixels(size, channels, splits, config, extraction, seed,
                                      stop_request(), console_log()),
                *splits.train);
}

}  // namespace

void add_evaluate(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "evaluate", "Measure frozen features on labelled images: knn or linear");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  command->add_option("PROTOCOL", a->protocol, "How to measure")
      ->required()
      ->type_name("knn|linear");
  add_model(*command, *a,
            "Run folder, checkpoint or weights file; or `pixels`, the images themselves");
  command->add_option("--data", a->data, "Labelled images")
      ->required()
      ->type_name("PATH")
      ->check(not_empty());
  const auto add = [command](const char* name, std::string& value, const char* type,
                             const char* text) {
    command->add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("--features", a->features, "cls|mean|both|tokens",
      "The cls token, the mean of the patch tokens, each, all patch tokens, or grid:N, their "
      "averages in N x N cells; several with commas between");
  add("--blocks", a->blocks, "LIST",
      "Blocks whose features are joined: 12, or 3,6,9-12 (the last)");
  add("--protocol", a->probe, "fast|mae",
      "Linear: on cached features, or as MAE's authors do, with new crops every epoch");
  command->add_option("--epochs", a->epochs, "Linear: epochs of training (fast 50, mae 90)")
      ->type_name("N");
  command->add_option("--batch", a->batch, "--protocol mae: images of a step (16384)")
      ->type_name("N");
  command
      ->add_option("--labels", a->labels,
                   "Training labels to use: a share (1%) or a number (5-per-class) of each class; "
                   "or where labels come from")
      ->type_name("SHARE|folder|FILE")
      ->allow_extra_args(false)
      ->check(not_empty());
  command->add_option("--seeds", a->seeds, "So many seeds from --seed on, with mean and spread (1)")
      ->type_name("N");
  add("--out", a->out, "FOLDER",
      "New or empty folder for results.json and the labelled images' names");
  command
      ->add_option("--leave-out", a->leave_out, "Images to leave out: quarantine.txt of data check")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option("--seed", a->seed,
                   "Seed of automatic splits, of the choice of labels and of the probe")
      ->type_name("N");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { evaluate(*a); }; });
}

}  // namespace dbot::app
