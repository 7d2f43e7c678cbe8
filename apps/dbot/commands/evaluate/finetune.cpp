#include "apps/dbot/commands/evaluate/finetune.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "apps/dbot/commands/train_run.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/options.h"
#include "apps/dbot/terminal/shell_words.h"
#include "dbot/core/error.h"
#include "dbot/core/settings/toml_document.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/video/clip_file.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/recipe/recipe_for_weights.h"

namespace dbot::app {
namespace {

using core::toml_text;

constexpr const char* kForImages = "finetune/small";
constexpr const char* kForClips = "finetune/clips";

/// What the options say, as assignments; they come last and so win over --set.
std::vector<std::string> assignments(const ModelArguments& model, const EvaluatedData& data,
                                     const FinetuneArguments& arguments) {
  std::vector<std::string> all = arguments.settings;
  const auto set = [&all](const char* key, const std::string& value) {
    all.push_back(fmt::format("{}={}", key, value));
  };
  set("start.init", toml_text(std::string(arguments.from_scratch ? "random" : "file")));
  set("start.path", toml_text(arguments.from_scratch ? std::string() : model.model));
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

exchange::EncoderDescription describe(const std::filesystem::path& file) {
  exchange::EncoderDescription description = exchange::import_encoder(file).encoder.description;
  const std::string assumed = exchange::assume_normalisation(description);
  if (!assumed.empty()) {
    console_log()(core::LogLevel::information,
                  fmt::format("{} does not say its pixel normalisation: {} is assumed",
                              file.string(), assumed));
  }
  return description;
}

/// The recipe, its name, and the network that is to be trained on.
struct Plan {
  std::string name;
  run::Recipe recipe;
};

Plan plan_for(const ModelArguments& model, const EvaluatedData& data,
              const FinetuneArguments& arguments) {
  const std::vector<std::string> all = assignments(model, data, arguments);
  const auto file = exchange::resolve_model_path(model.model);
  const auto clips = exchange::describe_clips(file);
  std::string name = arguments.recipe;
  if (name.empty()) name = clips ? kForClips : kForImages;
  const run::RecipeText text = run::find_recipe(name);
  if (!clips) {
    return {std::move(name), run::recipe_for_weights(text, describe(file), all)};
  }
  return {std::move(name), run::recipe_for_weights(text, *clips, all)};
}

run::PretrainOptions options_of(const EvaluatedData& data, const FinetuneArguments& arguments,
                                const std::string& name) {
  const std::filesystem::path recipe(name);
  return {.data = data.data,
          .out = data.out,
          .resume = arguments.resume,
          .recipe = recipe.extension() == ".toml" ? recipe.stem().string() : name,
          .more_data = {},
          .commands = command_texts()};
}

}  // namespace

void finetune(const ModelArguments& model, const EvaluatedData& data,
              const FinetuneArguments& arguments, bool json,
              const std::vector<std::string>& words) {
  if (model.model == "pixels") {
    throw UsageError(
        "[evaluate] --model is pixels, which have no weights to train on; expected a run, a "
        "checkpoint or a weights file");
  }
  if (data.out.empty() && arguments.resume) {
    throw UsageError("[evaluate] --resume needs --out, the folder of the run to go on with");
  }
  Plan plan = plan_for(model, data, arguments);
  const run::PretrainOptions options = options_of(data, arguments, plan.name);
  train_run(std::move(plan.recipe), options, json, [&](const std::string& run) {
    std::vector<std::string> again = words;
    if (data.out.empty()) again.insert(again.end(), {"--out", run});
    if (!arguments.resume) again.emplace_back("--resume");
    return command_text(again);
  });
}

}  // namespace dbot::app
