#include "dbot/run/start/start_recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/settings/toml_document.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/run/start/start_rules.h"

namespace dbot::run {
namespace {

using report::grouped;

constexpr const char* kPixels = "pixels";

bool all_pixels(const std::vector<std::string>& targets) {
  return std::ranges::count(targets, kPixels) == std::ssize(targets);
}

std::string network_toml(const StartShape& shape, const StartData& data) {
  const SizeRule& size = kSizeRules.at(shape.size);
  const NetworkRule& network = kNetworkRules.at(shape.network);
  return fmt::format(
      "[model]\nimage_size = {}\nchannels = {}\npatch_size = {}\nwidth = {}\ndepth = {}\n"
      "heads = {}\n[decoder]\nwidth = {}\ndepth = {}\nheads = {}\n",
      size.image_size, data.channels, size.patch_size, network.width, network.depth, network.heads,
      network.decoder_width, kDecoderDepth, network.decoder_heads);
}

/// Of features token by token; of pixels alone patch by patch.
std::string objective_toml(const std::vector<std::string>& targets) {
  if (all_pixels(targets)) {
    return "[objective]\ntarget = \"pixels\"\nnormalisation = \"patch\"\nloss = \"mse\"\n";
  }
  return "[objective]\ntarget = \"teacher\"\nnormalisation = \"token\"\nloss = \"smooth_l1\"\n"
         "beta = 2.0\n";
}

std::string stages_toml(const std::vector<std::string>& targets) {
  std::string text = fmt::format("[stages]\ncount = {}\n", targets.size());
  if (!all_pixels(targets)) text += "targets = " + core::toml_text(targets) + "\n";
  return text;
}

std::string fixed_toml() {
  std::string text;
  for (const FixedRule& rule : kFixedRules) text += fmt::format("{} = {}\n", rule.key, rule.value);
  return text;
}

std::string data_toml(const StartData& data) {
  if (data.mean.empty()) return {};
  return fmt::format("data.mean = {}\ndata.std = {}\n", core::toml_text(data.mean),
                     core::toml_text(data.std));
}

std::string time_text(double seconds) {
  return seconds >= 2 * 3600 ? fmt::format("{:.3g} hours", seconds / 3600)
                             : fmt::format("{:.3g} minutes", seconds / 60);
}

StartReason size_reason(const StartPlan& plan, const StartData& data) {
  const SizeRule& size = kSizeRules.at(plan.shape.size);
  const bool larger_fits = plan.shape.size + 1 < kSizeRules.size() &&
                           data.shorter_side >= kSizeRules.at(plan.shape.size + 1).from_side;
  return {
      "image",
      fmt::format("{} px in patches of {}", size.image_size, size.patch_size),
      fmt::format("shorter sides are {:.0f} px at the median{}; {}", data.shorter_side,
                  larger_fits ? ", but larger crops would be too few in the time" : "", size.why),
      {"model.image_size"}};
}

StartReason length_reason(const StartPlan& plan, const StartData& data,
                          const StartRequest& request) {
  const double epochs = static_cast<double>(plan.images_seen) / static_cast<double>(data.images);
  return {"length",
          fmt::format("{} images, {} epochs", grouped(plan.images_seen),
                      epochs < 100 ? fmt::format("{:.3g}", epochs) : grouped(std::llround(epochs))),
          fmt::format("what fits {} beside set-up, evaluations and pictures",
                      time_text(request.seconds)),
          {"schedule.images_seen"}};
}

StartReason evaluation_reason(const StartPlan& plan, const StartData& data) {
  if (data.classes < 2) {
    return {"evaluation", "none", "the images have no labels", {"evaluate.at_stage_ends"}};
  }
  if (!plan.labels.any()) {
    return {"evaluation",
            "none",
            fmt::format("it would take more than {:.0f} % of the time", 100 * kEvaluationShare),
            {"evaluate.at_stage_ends"}};
  }
  return {
      "evaluation",
      fmt::format("{} + {} images", grouped(plan.labels.train), grouped(plan.labels.test)),
      fmt::format("{} classes; at most {:.0f} % of the time, at most {} + {} images", data.classes,
                  100 * kEvaluationShare, grouped(kMostTrainLabels), grouped(kMostTestLabels)),
      {"evaluate.max_train_images"}};
}

std::string_view stage_why(const StartPlan& plan, const StartRequest& request) {
  if (!request.knows_targets) return "pixels alone: other stages are not in this version";
  for (const StageRule& rule : kStageRules) {
    if (rule.count == std::ssize(plan.targets)) return rule.why;
  }
  return "";
}

}  // namespace

std::vector<StartReason> reasons_of(const StartPlan& plan, const StartData& data,
                                    const StartRequest& request) {
  const NetworkRule& network = kNetworkRules.at(plan.shape.network);
  std::vector<StartReason> reasons{size_reason(plan, data)};
  reasons.push_back(
      {"network",
       fmt::format("{} wide, {} blocks, {} heads; decoder {} x {}", network.width, network.depth,
                   network.heads, network.decoder_width, kDecoderDepth),
       std::string(network.why),
       {"model.width"}});
  reasons.push_back({"stages",
                     fmt::format("{}", fmt::join(plan.targets, ", then ")),
                     std::string(stage_why(plan, request)),
                     {"stages.count"}});
  reasons.push_back(length_reason(plan, data, request));
  const bool halved = plan.batch_size < start_batch(data.images);
  reasons.push_back({"batch",
                     fmt::format("{} images a step", plan.batch_size),
                     halved ? fmt::format("halved, so that the run has {} steps", kFewestSteps)
                            : fmt::format("{} images are {} steps an epoch", grouped(data.images),
                                          data.images / plan.batch_size),
                     {"train.batch_size"}});
  reasons.push_back(
      {"rate",
       fmt::format("{:.2g} at its peak",
                   network.base_lr * static_cast<double>(plan.batch_size) / 256),
       fmt::format("{:g} for 256 images, in proportion to those of a step", network.base_lr),
       {"optimizer.base_lr"}});
  reasons.push_back(evaluation_reason(plan, data));
  reasons.push_back({"pictures",
                     plan.pictures ? "at the start and of each stage" : "none",
                     fmt::format("they take {} than {:.0f} % of the time",
                                 plan.pictures ? "less" : "more", 100 * kPictureShare),
                     {"report.pictures"}});
  for (const FixedRule& rule : kFixedRules) {
    reasons.push_back({"", "", std::string(rule.why), {std::string(rule.key)}});
  }
  return reasons;
}

std::string start_toml(const StartPlan& plan, const StartData& data) {
  const NetworkRule& network = kNetworkRules.at(plan.shape.network);
  std::string text = fixed_toml() + data_toml(data);
  text += fmt::format("report.pictures = {}\nevaluate.at_stage_ends = {}\n", plan.pictures,
                      plan.labels.any());
  text += fmt::format("evaluate.max_train_images = {}\nevaluate.max_test_images = {}\n",
                      plan.labels.train, plan.labels.test);
  text += fmt::format("schedule.images_seen = {}\nschedule.warmup_epochs = {}\n", plan.images_seen,
                      core::toml_text(plan.warmup_epochs));
  text += fmt::format("optimizer.base_lr = {}\ntrain.batch_size = {}\n",
                      core::toml_text(network.base_lr), plan.batch_size);
  return text + network_toml(plan.shape, data) + objective_toml(plan.targets) +
         stages_toml(plan.targets);
}

std::string start_toml(const StartShape& shape, const std::string& target, std::int64_t batch,
                       const StartData& data) {
  return fixed_toml() + data_toml(data) +
         fmt::format("schedule.epochs = 1\nschedule.warmup_epochs = 0\ntrain.batch_size = {}\n",
                     batch) +
         network_toml(shape, data) + objective_toml({target}) + "[stages]\ncount = 1\n";
}

RecipeNotes notes_of(const std::vector<StartReason>& reasons) {
  RecipeNotes notes;
  for (const StartReason& reason : reasons) {
    for (const std::string& key : reason.keys) notes.emplace_back(key, reason.why);
  }
  return notes;
}

bool recipes_have(std::string_view key) {
  Recipe recipe;
  const core::Settings settings = bind(recipe);
  return std::ranges::any_of(settings.fields(),
                             [&](const core::Field& field) { return field.key == key; });
}

}  // namespace dbot::run
