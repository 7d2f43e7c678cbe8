#include "dbot/run/facts/run_facts.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "dbot/data/sources/binary/idx_dataset.h"
#include "dbot/methods/state_names.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/precision.h"

namespace dbot::run {
namespace {

RunFacts::Data data_facts(const Recipe& recipe, const data::Dataset& dataset,
                          const std::vector<std::filesystem::path>& paths) {
  RunFacts::Data facts;
  for (const auto& path : paths) {
    facts.path += (facts.path.empty() ? "" : ", ") + path.string();
  }
  facts.kind = dynamic_cast<const data::IdxDataset*>(&dataset) != nullptr ? "idx" : "folder";
  facts.images = dataset.size();
  facts.classes = static_cast<std::int64_t>(dataset.classes().size());
  facts.labelled = facts.classes > 1;
  facts.mean = recipe.data.mean;
  facts.std = recipe.data.std;
  return facts;
}

RunFacts::Model model_facts(const Recipe& recipe, const methods::Method& method) {
  RunFacts::Model facts;
  for (const auto& [name, tensor] : method.state()) {
    if (name == "teacher.description") continue;
    const bool decoder = name.starts_with("student.decoder") || name == "student.mask_token";
    std::int64_t& sum = name.starts_with("teacher.") ? facts.teacher_parameters
                        : decoder                    ? facts.decoder_parameters
                                                     : facts.encoder_parameters;
    sum += tensor.numel();
  }
  const nn::EncoderConfig& encoder = method.backbone().config();
  facts.tokens = encoder.patches() + 1;
  facts.visible_tokens = masking::kept_patches(encoder.patches(), recipe.mask.ratio) + 1;
  facts.flops_per_image = method.flops_per_image();
  facts.image_size = encoder.image_size;
  facts.patch_size = encoder.patch_size;
  facts.width = encoder.width;
  facts.depth = encoder.depth;
  facts.heads = encoder.heads;
  return facts;
}

nlohmann::ordered_json plan_json(const RunFacts::Plan& plan) {
  const MemoryPlan& memory = plan.memory;
  return {{"stages", plan.stages},
          {"steps", plan.steps},
          {"steps_per_epoch", plan.steps_per_epoch},
          {"images_per_step", plan.images_per_step},
          {"memory_bytes", std::llround(memory.total())},
          {"memory",
           {{"program", std::llround(memory.program)},
            {"weights", std::llround(memory.weights)},
            {"gradients", std::llround(memory.gradients)},
            {"moments", std::llround(memory.moments)},
            {"teacher", std::llround(memory.teacher)},
            {"activations", std::llround(memory.activations)},
            {"images", std::llround(memory.images)},
            {"cache", std::llround(memory.cache)},
            {"evaluation", std::llround(memory.evaluation)},
            {"next_student", std::llround(memory.next_student)}}},
          {"seconds", plan.seconds},
          {"images_per_second", plan.images_per_second}};
}

}  // namespace

RunFacts gather_facts(const Recipe& recipe, const std::string& recipe_name,
                      const data::Dataset& dataset,
                      const std::vector<std::filesystem::path>& data_paths, const train::Plan& plan,
                      const methods::Method& method) {
  const runtime::Machine machine = runtime::describe_machine();
  RunFacts facts;
  facts.dbot = DBOT_VERSION;
  facts.libtorch = machine.libtorch_version;
  facts.recipe = recipe_name;
  facts.machine = {machine.processor, machine.instruction_set, machine.usable_cores,
                   machine.memory_bytes};
  facts.compute = {recipe.compute.device, std::string(runtime::name(precision_of(recipe))),
                   recipe.compute.threads, workers_of(recipe)};
  facts.data = data_facts(recipe, dataset, data_paths);
  facts.model = model_facts(recipe, method);
  facts.plan.stages = plan.stages();
  facts.plan.steps = plan.total_steps();
  facts.plan.steps_per_epoch = plan.steps_per_epoch;
  facts.plan.images_per_step = images_per_step(recipe);
  facts.plan.memory =
      plan_memory(recipe, evaluated_images(recipe, facts.data.images, facts.data.labelled));
  return facts;
}

std::string to_json(const RunFacts& facts) {
  const auto& [path, kind, images, classes, labelled, mean, std] = facts.data;
  const auto& model = facts.model;
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
                                      {"workers", facts.compute.workers}}},
                                    {"data",
                                     {{"path", path},
                                      {"kind", kind},
                                      {"images", images},
                                      {"labelled", labelled},
                                      {"classes", classes},
                                      {"mean", mean},
                                      {"std", std}}},
                                    {"model",
                                     {{"encoder_parameters", model.encoder_parameters},
                                      {"decoder_parameters", model.decoder_parameters},
                                      {"teacher_parameters", model.teacher_parameters},
                                      {"tokens", model.tokens},
                                      {"visible_tokens", model.visible_tokens},
                                      {"flops_per_image", model.flops_per_image}}},
                                    {"plan", plan_json(facts.plan)}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace dbot::run
