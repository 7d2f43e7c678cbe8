// dbot evaluate knn|linear|finetune: how good a network is on labelled images.
#include "dbot/eval/frozen/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/evaluate/finetune.h"
#include "apps/dbot/commands/evaluate/wanted_labels.h"
#include "apps/dbot/commands/figures.h"
#include "apps/dbot/commands/model_argument.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/audit/class_doubt.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/labelled_share.h"
#include "dbot/data/sources/open.h"
#include "dbot/report/metrics/evaluation_table.h"
#include "dbot/report/text/shown_text.h"
#include "dbot/report/text/table.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string protocol, data, leave_out, features;
  FinetuneArguments finetune;
  std::vector<std::string> labels;
  std::int64_t seed = 0;
  bool json = false;
};

constexpr std::array<const char*, 3> kPlanned{"robust", "segment", "detect"};
constexpr const char* kProtocols = "knn, linear or finetune";
constexpr core::Size kPixelSize{32, 32};

void check_protocol(const std::string& protocol) {
  if (protocol == "knn" || protocol == "linear" || protocol == "finetune") return;
  if (std::find(kPlanned.begin(), kPlanned.end(), protocol) != kPlanned.end()) {
    throw UsageError(
        fmt::format("[evaluate] {} is not in this version; choose {}", protocol, kProtocols));
  }
  const std::string nearest = run::nearest_name(protocol, {"knn", "linear", "finetune"});
  throw UsageError(fmt::format("[evaluate] {} is not a protocol, expected {}{}", protocol,
                               kProtocols,
                               nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

eval::FeatureChoice feature_choice(const std::string& text) {
  if (text == "cls") return eval::FeatureChoice::cls;
  if (text == "mean") return eval::FeatureChoice::mean;
  if (text == "both" || text.empty()) return eval::FeatureChoice::both;
  throw UsageError(fmt::format("[evaluate] --features is {}, expected cls, mean or both", text));
}

eval::EvaluateConfig configuration(const Arguments& arguments) {
  if (arguments.seed < 0) {
    throw UsageError(fmt::format("[evaluate] --seed is {}, expected 0 or more", arguments.seed));
  }
  eval::EvaluateConfig config;
  config.knn = arguments.protocol == "knn";
  config.linear = arguments.protocol == "linear";
  config.features = feature_choice(arguments.features);
  return config;
}

data::LabelledSplits open_splits(const Arguments& arguments) {
  const auto seed = static_cast<std::uint64_t>(arguments.seed);
  const auto [share, per_class, from] = wanted_labels(arguments.labels);
  auto splits = data::open_labelled(arguments.data, seed, console_log(),
                                    {.leave_out = arguments.leave_out, .labels = from});
  complain(data::classes_text(splits.train->classes(), splits.labels));
  if (const auto doubt = from.empty() ? data::doubt_about_classes(*splits.train) : "";
      !doubt.empty()) {
    complain(
        fmt::format("warning: the classes {}: accuracies may say nothing of the features. "
                    "--labels folder says that they are classes, a list names others",
                    doubt));
  }
  if (share < 1) splits.train = data::labelled_share(splits.train, share, seed);
  if (per_class > 0) splits.train = data::labelled_per_class(splits.train, per_class, seed);
  return splits;
}

void print_for_people(const eval::Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows{{"features", "top-1 %", "top-5 %"}};
  std::string further;
  for (const eval::EvaluationRow& row : evaluation.rows) {
    rows.push_back(
        {row.features, fmt::format("{:.2f}", row.top1), fmt::format("{:.2f}", row.top5)});
    for (const auto& [name, value] : row.figures) {
      further += fmt::format("{}: {} {}\n", row.features, report::shown_text(name),
                             report::figure_text(value));
    }
  }
  print_line(fmt::format("{} classes, {}", evaluation.classes, evaluation.split));
  print(report::text_table(rows) + further);
}

/// Refuses options that the protocol does not have.
void refuse_options(const std::string& protocol, const CLI::App& command,
                    std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (command.count(name) == 0) continue;
    throw UsageError(fmt::format("[evaluate] {} is not for {}; leave it out", name, protocol));
  }
}

void evaluate(const Arguments& arguments, const CLI::App& command,
              const std::vector<std::string>& words) {
  check_protocol(arguments.protocol);
  const WantedLabels labels = wanted_labels(arguments.labels);
  if (arguments.protocol == "finetune") {
    refuse_options("finetune", command, {"--features"});
    configuration(arguments);
    return finetune(arguments, {arguments.data, arguments.leave_out, labels, arguments.seed},
                    arguments.finetune, arguments.json, words);
  }
  refuse_options(arguments.protocol, command,
                 {"--recipe", "--out", "--set", "--epochs", "--from-scratch", "--resume"});
  const eval::EvaluateConfig config = configuration(arguments);
  const auto seed = static_cast<std::uint64_t>(arguments.seed);
  eval::Evaluation evaluation;
  if (arguments.model == "pixels") {
    eval::ExtractionSettings extraction = compute_settings(arguments);
    const core::Size size = square_size(arguments).value_or(kPixelSize);
    const auto splits = open_splits(arguments);
    const int channels = data::usual_channels(*splits.train);
    extraction.mean.assign(static_cast<std::size_t>(channels), 0.5);
    extraction.std = extraction.mean;
    evaluation = eval::evaluate_pixels(size, channels, splits, config, extraction, seed,
                                       stop_request(), console_log());
  } else {
    const Model model = load_model(arguments);
    const auto splits = open_splits(arguments);
    evaluation = eval::evaluate_backbone(*model.encoder, splits, config, model.extraction, seed,
                                         stop_request(), console_log());
  }
  if (arguments.json) return print_line(figures(evaluation, arguments.model));
  print_for_people(evaluation);
}

void add_finetune(CLI::App& command, FinetuneArguments& arguments) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* text) {
    return command.add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("--recipe", arguments.recipe, "RECIPE",
      "finetune: a recipe's name or a .toml file (default: finetune/small)");
  add("--out", arguments.out, "DIR", "finetune: run folder (default: runs/RECIPE-N)");
  add("--set", arguments.settings, "KEY=VALUE", "finetune: change one key of the recipe")
      ->allow_extra_args(false);
  add("--epochs", arguments.epochs, "N", "finetune: length of the run in epochs");
  command.add_flag("--from-scratch", arguments.from_scratch,
                   "finetune: the same network from random weights, to compare with");
  command.add_flag("--resume", arguments.resume,
                   "finetune: go on with the run in --out, if there is one");
}

}  // namespace

void add_evaluate(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "evaluate", "Measure a network on labelled images: knn, linear or finetune");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  command->add_option("PROTOCOL", a->protocol, "How to measure")
      ->required()
      ->type_name("knn|linear|finetune");
  add_model(*command, *a,
            "Run folder, checkpoint or weights file; or `pixels`, the images themselves");
  command->add_option("--data", a->data, "Labelled images")
      ->required()
      ->type_name("PATH")
      ->check(not_empty());
  command
      ->add_option("--features", a->features,
                   "The cls token, the mean of the patch tokens, or each")
      ->type_name("cls|mean|both");
  command
      ->add_option("--labels", a->labels,
                   "Share or number of the training labels to use, of each class; or where labels "
                   "come from")
      ->type_name("FRACTION|N-per-class|folder|FILE")
      ->allow_extra_args(false)
      ->check(not_empty());
  command
      ->add_option("--leave-out", a->leave_out, "Images to leave out: quarantine.txt of data check")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("--seed", a->seed, "Seed of automatic splits and of the probe")
      ->type_name("N");
  add_finetune(*command, a->finetune);
  add_json(*command, a->json);
  command->callback([&line, a, command] {
    line.action = [&line, a, command] { evaluate(*a, *command, line.words); };
  });
}

}  // namespace dbot::app
