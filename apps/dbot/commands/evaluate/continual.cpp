#include "apps/dbot/commands/evaluate/continual.h"

#include <fmt/format.h>

#include <filesystem>

#include "apps/dbot/commands/train_run.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/options.h"
#include "apps/dbot/terminal/shell_words.h"
#include "dbot/core/error.h"
#include "dbot/core/settings/toml_document.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

using core::toml_text;

/// What the options say, as assignments; they come last and so win over --set.
std::vector<std::string> continual_assignments(const ModelArguments& model,
                                               const EvaluatedData& data,
                                               const ContinualArguments& arguments,
                                               const std::vector<std::string>& settings) {
  std::vector<std::string> all = settings;
  const auto set = [&all](const char* key, const std::string& value) {
    all.push_back(fmt::format("{}={}", key, value));
  };
  if (arguments.tasks) set("tasks.count", toml_text(*arguments.tasks));
  if (arguments.density) set("tasks.density", toml_text(*arguments.density));
  if (!arguments.transfer.empty()) set("tasks.transfer", toml_text(arguments.transfer));
  if (!arguments.learning.empty()) set("tasks.learning", toml_text(arguments.learning));
  if (!model.model.empty()) {
    set("model.network", toml_text(std::string("features")));
    set("model.backbone", toml_text(model.model));
  }
  const auto& [share, per_class] = data.labels.share;
  if (share < 1) set("labels.share", toml_text(share));
  if (per_class > 0) set("labels.per_class", toml_text(per_class));
  if (!data.labels.from.empty()) set("evaluate.labels", toml_text(data.labels.from));
  if (!data.leave_out.empty()) set("data.leave_out", toml_text(data.leave_out));
  if (data.seed > 0) set("train.seed", toml_text(data.seed));
  if (const auto size = square_size(model)) set("model.image_size", toml_text(size->height));
  if (model.threads != 0) set("train.threads", toml_text(model.threads));
  if (model.precision != "auto") set("train.precision", toml_text(model.precision));
  if (!data.epochs.empty()) {
    set("schedule.total_epochs", toml_text(length_in_epochs(data.epochs, "--epochs")));
  }
  return all;
}

void require_tasks(const run::Recipe& recipe, const std::string& name) {
  if (methods::catalogue::outline(recipe.method).tasks) return;
  throw UsageError({.operation = "evaluate",
                    .subject = name,
                    .fault = Fault::mismatch,
                    .reason = "learns no tasks one after another, expected a recipe such as "
                              "exssnet/resnet18",
                    .way_out = "`dbot recipes` lists them"});
}

}  // namespace

void continual(const ModelArguments& model, const EvaluatedData& data,
               const ContinualArguments& arguments, const std::vector<std::string>& settings,
               bool resume, bool json, const std::vector<std::string>& words) {
  if (data.out.empty() && resume) {
    throw UsageError("[evaluate] --resume needs --out, the folder of the run to go on with");
  }
  const std::string name = arguments.recipe.empty() ? "exssnet/resnet18" : arguments.recipe;
  const run::RecipeText text = run::find_recipe(name);
  run::Recipe recipe = run::parse_recipe(text.text, text.origin,
                                         continual_assignments(model, data, arguments, settings));
  require_tasks(recipe, name);
  const std::filesystem::path path(name);
  const run::PretrainOptions options{
      .data = data.data,
      .out = data.out,
      .resume = resume,
      .recipe = path.extension() == ".toml" ? path.stem().string() : name,
      .more_data = {},
      .commands = command_texts()};
  train_run(std::move(recipe), options, json, [&](const std::string& run) {
    std::vector<std::string> again = words;
    if (data.out.empty()) again.insert(again.end(), {"--out", run});
    if (!resume) again.emplace_back("--resume");
    return command_text(again);
  });
}

}  // namespace dbot::app
