// What the stages of a run predict: of run.json, of older runs by their recipe.
#include <algorithm>
#include <charconv>

#include "dbot/report/page/page_parts.h"

namespace dbot::report {
namespace {

using methods::ModelFacts;

std::string setting(const PageJson& recipe, const char* key) {
  const auto found = recipe["entries"].find(key);
  return found == recipe["entries"].end() ? std::string() : found->get<std::string>();
}

// TOML's texts are quoted.
std::string word_setting(const PageJson& recipe, const char* key) {
  const std::string text = setting(recipe, key);
  return text.size() >= 2 ? text.substr(1, text.size() - 2) : text;
}

std::string entry_word(const PageJson& lists, const char* key, std::size_t stage) {
  const auto found = lists.find(key);
  if (found == lists.end() || !found->is_array() || stage >= found->size()) return "";
  const PageJson& value = (*found)[stage];
  return value.is_string() ? value.get<std::string>() : "";
}

double entry_number(const PageJson& lists, const char* key, std::size_t stage) {
  const auto found = lists.find(key);
  if (found == lists.end() || !found->is_array() || stage >= found->size()) return 0;
  const PageJson& value = (*found)[stage];
  return value.is_number() ? value.get<double>() : 0;
}

ModelFacts::Objective of_recipe(const PageJson& recipe) {
  return {.target = word_setting(recipe, "objective.target"),
          .loss = word_setting(recipe, "objective.loss"),
          .normalisation = word_setting(recipe, "objective.normalisation"),
          .beta = number_setting(recipe, "objective.beta")};
}

}  // namespace

double number_setting(const PageJson& recipe, const char* key) {
  const std::string text = setting(recipe, key);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<ModelFacts::Objective> objectives_of(const PageJson& facts, const PageJson& recipe) {
  const auto lists = facts.find("objective");
  const bool stored = lists != facts.end() && lists->is_object() && lists->contains("targets") &&
                      (*lists)["targets"].is_array();
  std::vector<ModelFacts::Objective> objectives;
  for (std::size_t stage = 0; stored && stage < (*lists)["targets"].size(); ++stage) {
    objectives.push_back({.target = entry_word(*lists, "targets", stage),
                          .loss = entry_word(*lists, "losses", stage),
                          .normalisation = entry_word(*lists, "normalisations", stage),
                          .beta = entry_number(*lists, "betas", stage)});
  }
  if (objectives.empty()) objectives.push_back(of_recipe(recipe));
  return objectives;
}

}  // namespace dbot::report
