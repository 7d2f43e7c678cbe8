#include "dbot/run/facts/run_facts.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "dbot/run/recipe/resolve.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/precision.h"

namespace dbot::run {
namespace {

RunFacts::Data data_facts(const Recipe& recipe, const data::Dataset& dataset,
                          const std::vector<std::filesystem::path>& paths,
                          const std::string& kind) {
  RunFacts::Data facts;
  for (const auto& path : paths) {
    facts.path += (facts.path.empty() ? "" : ", ") + path.string();
  }
  facts.sources = paths;
  facts.kind = kind;
  facts.images = dataset.size();
  facts.classes = static_cast<std::int64_t>(dataset.classes().size());
  facts.labelled = facts.classes > 1;
  facts.mean = recipe.data.mean;
  facts.std = recipe.data.std;
  return facts;
}

nlohmann::ordered_json model_json(const RunFacts::Model& model) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& part : model.made_of.parts) json[part.name + "_parameters"] = part.parameters;
  json["tokens"] = model.made_of.tokens;
  json["visible_tokens"] = model.made_of.visible_tokens;
  json["flops_per_image"] = model.flops_per_image;
  for (const auto& [name, value] : model.made_of.rows) json["rows"][name] = value;
  return json;
}

/// Lists of one entry a stage; empty where losses have no scale that is known beforehand.
nlohmann::ordered_json objective_json(const RunFacts& facts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  const auto& objectives = facts.model.made_of.objectives;
  const auto stages = static_cast<std::size_t>(std::max<std::int64_t>(1, facts.plan.stages));
  for (std::size_t stage = 0; stage < stages && !objectives.empty(); ++stage) {
    const auto& objective = objectives[std::min(stage, objectives.size() - 1)];
    json["targets"].push_back(objective.target);
    json["losses"].push_back(objective.loss);
    json["normalisations"].push_back(objective.normalisation);
    json["betas"].push_back(objective.beta);
  }
  return json;
}

/// As they were given and from the root, so that a run goes on from any folder.
nlohmann::ordered_json sources_json(const std::vector<std::filesystem::path>& sources) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& path : sources) {
    std::error_code none;
    const auto absolute = std::filesystem::absolute(path, none);
    json.push_back({{"path", path.string()}, {"absolute", absolute.string()}});
  }
  return json;
}

nlohmann::ordered_json memory_json(const MemoryPlan& memory) {
  nlohmann::ordered_json json;
  for (const auto& [name, bytes] : memory.items()) json[name] = std::llround(bytes);
  return json;
}

nlohmann::ordered_json plan_json(const RunFacts::Plan& plan) {
  nlohmann::ordered_json json{{"stages", plan.stages},
                              {"steps", plan.steps},
                              {"steps_per_epoch", plan.steps_per_epoch},
                              {"images_per_step", plan.images_per_step},
                              {"memory_bytes", std::llround(plan.memory.total())},
                              {"memory", memory_json(plan.memory)},
                              {"seconds", plan.seconds},
                              {"images_per_second", plan.images_per_second}};
  if (plan.memory.on_device) {
    json["device_memory_bytes"] = std::llround(plan.memory.device_total());
  }
  return json;
}

}  // namespace

RunFacts gather_facts(const Recipe& recipe, const std::string& recipe_name,
                      const data::Dataset& dataset,
                      const std::vector<std::filesystem::path>& data_paths,
                      const std::string& data_kind, const EvaluatedClasses& evaluated,
                      const train::Plan& plan, const methods::Method& method, int processes) {
  const runtime::Machine machine = runtime::describe_machine();
  RunFacts facts;
  facts.dbot = DBOT_VERSION;
  facts.libtorch = machine.libtorch_version;
  facts.recipe = recipe_name;
  facts.machine = {machine.processor, machine.instruction_set, machine.usable_cores,
                   machine.memory_bytes};
  facts.compute = {recipe.compute.device, std::string(runtime::name(precision_of(recipe))),
                   recipe.compute.threads, workers_of(recipe), processes};
  facts.data = data_facts(recipe, dataset, data_paths, data_kind);
  facts.data.evaluated = evaluated;
  facts.model = {method.facts(), method.cost().operations, method.backbone().describe()};
  facts.plan.stages = plan.stages();
  facts.plan.steps = plan.total_steps();
  facts.plan.steps_per_epoch = plan.steps_per_epoch;
  facts.plan.images_per_step = recipe.train.images_per_step();
  facts.plan.memory = plan_memory(
      recipe, evaluated_images(recipe, facts.data.images, facts.data.labelled), processes);
  return facts;
}

std::string to_json(const RunFacts& facts) {
  const auto& [path, kind, sources, images, classes, labelled, mean, std, evaluated] = facts.data;
  const nlohmann::ordered_json json{{"dbot", facts.dbot},
                                    {"libtorch", facts.libtorch},
                                    {"recipe", facts.recipe},
                                    {"machine",
                                     {{"processor", facts.machine.processor},
                                      {"instruction_set", facts.machine.instruction_set},
                                      {"cores", facts.machine.cores},
                                      {"memory_bytes", facts.machine.memory_bytes}}},
                                    {"compute",
                                     {{"device", facts.compute.device},
                                      {"precision", facts.compute.precision},
                                      {"threads", facts.compute.threads},
                                      {"workers", facts.compute.workers},
                                      {"processes", facts.compute.processes}}},
                                    {"data",
                                     {{"path", path},
                                      {"kind", kind},
                                      {"sources", sources_json(sources)},
                                      {"images", images},
                                      {"labelled", labelled},
                                      {"classes", classes},
                                      {"mean", mean},
                                      {"std", std},
                                      {"labels_from", evaluated.from},
                                      {"class_names", evaluated.names},
                                      {"class_doubt", evaluated.doubt},
                                      {"chance", evaluated.chance}}},
                                    {"model", model_json(facts.model)},
                                    {"objective", objective_json(facts)},
                                    {"plan", plan_json(facts.plan)}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace dbot::run
