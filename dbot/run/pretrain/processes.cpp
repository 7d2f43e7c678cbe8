#include "dbot/run/pretrain/processes.h"

#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <variant>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/settings/toml_document.h"
#include "dbot/runtime/process_group/agreement.h"
#include "dbot/runtime/process_group/texts.h"
#include "dbot/train/run_folder.h"
#include "dbot/train/step_share.h"

namespace dbot::run {
namespace {

std::string short_checksum(const nlohmann::json& value) {
  constexpr std::size_t kShown = 12;
  const std::string text = value.dump();
  return core::checksum(std::as_bytes(std::span(text))).substr(0, kShown);
}

/// Keys that change neither weights nor the order of samples are the first's alone.
std::vector<runtime::Fact> facts_of(const Recipe& recipe) {
  std::vector<runtime::Fact> facts;
  for (const core::TomlEntry& entry : core::parse_toml(to_toml(recipe), "the recipe")) {
    if (std::holds_alternative<core::TomlTable>(entry.value.value)) continue;
    const bool differs_freely = train::RunFolder::may_change(entry.key) &&
                                entry.key != "optimizer.shard" &&
                                entry.key != "train.early_sum_bytes";
    if (!differs_freely) facts.push_back({entry.key, core::toml_text(entry.value)});
  }
  return facts;
}

}  // namespace

void share_recipe(const Recipe& recipe, train::Ranks& ranks,
                  const std::function<void(const std::string& decided)>& follow) {
  if (ranks.alone()) return;
  const std::string decided =
      runtime::broadcast_text(ranks.group(), ranks.first() ? to_toml(recipe) : "");
  if (!ranks.first()) follow(decided);
}

void check_processes(const Recipe& recipe, int processes) {
  if (processes == 1) return;
  if (recipe.compute.device.starts_with("cuda")) {
    throw UsageError({.operation = "processes",
                      .subject = fmt::format("{} processes", processes),
                      .fault = Fault::unsupported,
                      .reason = fmt::format("cannot train together on GPUs yet, train.device is {}",
                                            recipe.compute.device),
                      .way_out = "start one, or let them compute by train.device = \"cpu\""});
  }
  const std::string reason = methods::catalogue::outline(recipe.method).needs_one_process;
  if (!reason.empty()) {
    throw UsageError({.operation = "processes",
                      .subject = fmt::format("{} processes", processes),
                      .fault = Fault::unsupported,
                      .reason = fmt::format("cannot train this system together: {}", reason),
                      .way_out = "start one, with more threads"});
  }
  train::check_division(recipe.train.batch_size, recipe.train.accumulate, processes);
}

void require_agreement(train::Ranks& ranks, const Recipe& recipe,
                       const std::string& fixed_choices) {
  if (ranks.alone()) return;
  const auto choices = nlohmann::json::parse(fixed_choices);
  const auto& data = choices.at("data");
  std::vector<runtime::Fact> facts{
      {"the version of dbot", DBOT_VERSION},
      {"the version of LibTorch", choices.at("libtorch").get<std::string>()}};
  for (runtime::Fact& fact : facts_of(recipe)) facts.push_back(std::move(fact));
  facts.push_back({"the number of images", choices.at("images").dump()});
  facts.push_back({"the checksum of the images' names", short_checksum(data.at("names"))});
  facts.push_back({"the checksum of the images' sizes", short_checksum(data.at("sizes"))});
  ranks.group().barrier();  // opening the data takes each its own time
  runtime::check_agreement(ranks.group(), facts);
}

}  // namespace dbot::run
