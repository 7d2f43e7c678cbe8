// dbot evaluate knn|linear|finetune|continual|thresholds: how good a network is on labelled images,
// and thresholds of somebody's own scores.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/evaluate/continual.h"
#include "apps/dbot/commands/evaluate/finetune.h"
#include "apps/dbot/commands/evaluate/frozen.h"
#include "apps/dbot/commands/evaluate/multilabel.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string protocol;
  EvaluatedData data;
  std::vector<std::string> labels;
  FrozenArguments frozen;
  FinetuneArguments finetune;
  ContinualArguments continual;
  MultilabelArguments multilabel;
  bool json = false;
};

constexpr std::array<const char*, 3> kPlanned{"robust", "segment", "detect"};
const std::vector<std::string> kProtocols{"knn", "linear", "finetune", "continual", "thresholds"};
constexpr const char* kProtocolList = "knn, linear, finetune, continual or thresholds";

void check_protocol(const std::string& protocol) {
  if (std::ranges::find(kProtocols, protocol) != kProtocols.end()) return;
  if (std::find(kPlanned.begin(), kPlanned.end(), protocol) != kPlanned.end()) {
    throw UsageError(
        fmt::format("[evaluate] {} is not in this version; choose {}", protocol, kProtocolList));
  }
  const std::string nearest = run::nearest_name(protocol, kProtocols);
  throw UsageError(fmt::format("[evaluate] {} is not a protocol, expected {}{}", protocol,
                               kProtocolList,
                               nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

/// Refuses options that the protocol does not have.
void refuse_options(const std::string& protocol, const CLI::App& command,
                    std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (command.count(name) == 0) continue;
    throw UsageError(fmt::format("[evaluate] {} is not for {}; leave it out", name, protocol));
  }
}

void require_options(const CLI::App& command, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (command.count(name) == 0) throw CLI::RequiredError(name);
  }
}

constexpr std::initializer_list<const char*> kOfTasks{"RECIPE", "--tasks", "--density",
                                                      "--transfer", "--learning"};

void evaluate(const Arguments& arguments, const CLI::App& command,
              const std::vector<std::string>& words) {
  check_protocol(arguments.protocol);
  if (arguments.protocol == "thresholds") {
    refuse_options("thresholds", command, kOfTasks);
    refuse_options("thresholds", command,
                   {"--model", "--data", "--labels", "--videos", "--leave-out", "--epochs",
                    "--features", "--blocks", "--protocol", "--batch", "--neighbours", "--seeds",
                    "--recipe", "--set", "--from-scratch", "--resume", "--multi-label"});
    return evaluate_thresholds(arguments.multilabel, arguments.data.out, arguments.json);
  }
  refuse_options(arguments.protocol, command, {"--scores"});
  const bool labels = arguments.multilabel.wanted;
  if (labels && arguments.protocol != "linear") {
    throw UsageError("[evaluate] --multi-label is for linear; leave it out");
  }
  if (!labels) refuse_options(arguments.protocol + " without --multi-label", command, {"--policy"});
  EvaluatedData data = arguments.data;
  data.labels = wanted_labels(arguments.labels);
  if (data.seed < 0) {
    throw UsageError(fmt::format("[evaluate] --seed is {}, expected 0 or more", data.seed));
  }
  if (arguments.protocol == "continual") {
    refuse_options("continual", command,
                   {"--features", "--blocks", "--protocol", "--batch", "--neighbours", "--seeds",
                    "--videos", "--recipe", "--from-scratch"});
    return continual(arguments, data, arguments.continual, arguments.finetune.settings,
                     arguments.finetune.resume, arguments.json, words);
  }
  refuse_options(arguments.protocol, command, kOfTasks);
  if (arguments.protocol == "finetune") {
    refuse_options(
        "finetune", command,
        {"--features", "--blocks", "--protocol", "--batch", "--neighbours", "--seeds", "--videos"});
    return finetune(arguments, data, arguments.finetune, arguments.json, words);
  }
  refuse_options(arguments.protocol, command, {"--recipe", "--set", "--from-scratch", "--resume"});
  if (labels) {
    refuse_options("--multi-label", command,
                   {"--features", "--blocks", "--protocol", "--batch", "--seeds", "--videos"});
    return evaluate_linear_labels(arguments, data, arguments.multilabel, arguments.json);
  }
  evaluate_frozen(arguments, data, frozen_configuration(arguments.protocol, data, arguments.frozen),
                  arguments.json);
}

void add_data(CLI::App& command, Arguments& arguments) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* text) {
    return command.add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  EvaluatedData& data = arguments.data;
  add("--data", data.data, "PATH", "Labelled images");
  add("--labels", arguments.labels, "SHARE|N-per-class|folder|FILE",
      "Training labels to use: a share (1%) or a number (5-per-class) of each class; or where "
      "labels come from")
      ->allow_extra_args(false);
  command.add_flag("--videos", data.videos,
                   "knn, linear: PATH holds labelled videos, for a network that reads clips");
  add("--leave-out", data.leave_out, "FILE", "Images to leave out: quarantine.txt of data check");
  command
      .add_option("--seed", data.seed,
                  "Seed of automatic splits, of the choice of labels and of the training")
      ->type_name("N");
  add("--out", data.out, "DIR",
      "finetune: run folder (default: runs/RECIPE-N); others: new or empty folder for results.json "
      "and the labelled images' names");
  add("--epochs", data.epochs, "N",
      "Epochs of training (linear: 50, with --protocol mae 90; finetune: the recipe's)");
}

void add_frozen(CLI::App& command, FrozenArguments& arguments) {
  const auto add = [&command](const char* name, std::string& value, const char* type,
                              const char* text) {
    command.add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("--features", arguments.features, "cls|mean|both|tokens",
      "The cls token, the mean of the patch tokens, each, all patch tokens, or grid:N, their "
      "averages in N x N cells; several with commas between");
  add("--blocks", arguments.blocks, "LIST",
      "Blocks whose features are joined: 12, or 3,6,9-12 (the last)");
  add("--protocol", arguments.probe, "fast|mae",
      "linear: on cached features, or as MAE's authors do, with new crops every epoch");
  command.add_option("--batch", arguments.batch, "--protocol mae: images of a step (16384)")
      ->type_name("N");
  command
      .add_option(
          "--neighbours", arguments.neighbours,
          "knn: so many of the nearest training samples vote (20); of few samples take fewer")
      ->type_name("N");
  command
      .add_option("--seeds", arguments.seeds,
                  "knn, linear: so many seeds from --seed on, with mean and spread (1)")
      ->type_name("N");
}

void add_finetune(CLI::App& command, FinetuneArguments& arguments) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* text) {
    return command.add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("--recipe", arguments.recipe, "RECIPE",
      "finetune: a recipe's name or a .toml file (default: finetune/small; of clips "
      "finetune/clips)");
  add("--set", arguments.settings, "KEY=VALUE", "finetune, continual: change one key of the recipe")
      ->allow_extra_args(false);
  command.add_flag("--from-scratch", arguments.from_scratch,
                   "finetune: the same network from random weights, to compare with");
  command.add_flag("--resume", arguments.resume,
                   "finetune, continual: go on with the run in --out, if there is one");
}

void add_continual(CLI::App& command, ContinualArguments& arguments) {
  command
      .add_option("RECIPE", arguments.recipe,
                  "continual: a recipe's name or a .toml file (default: exssnet/resnet18); with "
                  "--model tasks learn on the features of that frozen network")
      ->type_name("");
  command.add_option("--tasks", arguments.tasks, "continual: so many tasks")->type_name("N");
  command
      .add_option("--density", arguments.density,
                  "continual: share of each layer's weights that a task uses")
      ->type_name("FRACTION");
  command
      .add_option("--transfer", arguments.transfer,
                  "continual: what a new task begins with: the mask of the earlier task that helps "
                  "most, or a drawn one")
      ->type_name("none|knn_best|knn_always|knn_all");
  command
      .add_option("--learning", arguments.learning,
                  "continual: ExSSNeT, SSNeT, SupSup, or the baselines fine-tuning and EWC")
      ->type_name("exclusive|overlapping|masks|finetune|ewc");
}

}  // namespace

void add_evaluate(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "evaluate",
      "Measure a network on labelled images: knn, linear, finetune or continual; or thresholds");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  command->add_option("PROTOCOL", a->protocol, "How to measure")
      ->required()
      ->type_name("knn|linear|finetune|continual|thresholds");
  add_continual(*command, a->continual);
  add_model(*command, *a,
            "Run folder, checkpoint or weights file; or `pixels`, the images themselves")
      ->required(false);  // scores need none, and tasks may learn from pixels
  add_data(*command, *a);
  add_frozen(*command, a->frozen);
  add_finetune(*command, a->finetune);
  add_multilabel(*command, a->multilabel);
  add_json(*command, a->json);
  command->callback([&line, a, command] {
    const bool scores = a->protocol == "thresholds";
    if (!scores) require_options(*command, {"--data"});
    if (!scores && a->protocol != "continual") require_options(*command, {"--model"});
    line.action = [&line, a, command] { evaluate(*a, *command, line.words); };
  });
}

}  // namespace dbot::app
