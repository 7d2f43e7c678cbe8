#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbot/report/terminal/progress_text.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/shown_text.h"
#include "dbot/run/facts/run_facts.h"

namespace dbot::run {
namespace {

using report::bytes_text;
using report::count_text;
using report::grouped;
using report::shown_text;

std::string data_text(const RunFacts::Data& data) {
  const std::string labels =
      data.labelled ? fmt::format("{} classes", data.classes) : std::string("no labels");
  return fmt::format("{}: {} images ({}), mean [{:.3f}], deviation [{:.3f}]", data.path,
                     grouped(data.images), labels, fmt::join(data.mean, ", "),
                     fmt::join(data.std, ", "));
}

std::string parameters_text(const methods::ModelFacts& model) {
  std::string text;
  for (const auto& [name, parameters, frozen] : model.parts) {
    if (frozen && parameters == 0) continue;
    text +=
        fmt::format("{}{} {}{}", text.empty() ? "" : ", ",
                    count_text(static_cast<double>(parameters)), name, frozen ? " (frozen)" : "");
  }
  return text;
}

std::string tokens_text(const RunFacts::Model& model) {
  const std::string operations = count_text(model.flops_per_image) + "FLOP an image";
  if (model.made_of.tokens == 0) return operations;
  return fmt::format("{} an image, {} of them visible; {}", model.made_of.tokens,
                     model.made_of.visible_tokens, operations);
}

/// "1 pixels, 2 teacher": empty where all stages predict the same.
std::string targets_text(const RunFacts& facts) {
  const auto& objectives = facts.model.made_of.objectives;
  const bool differ = std::ranges::any_of(objectives, [&](const auto& objective) {
    return objective.target != objectives.front().target;
  });
  if (!differ) return "";
  std::string text;
  const auto stages = static_cast<std::size_t>(std::max<std::int64_t>(0, facts.plan.stages));
  for (std::size_t stage = 0; stage < std::min(stages, objectives.size()); ++stage) {
    const auto& [target, loss, normalisation, beta] = objectives[stage];
    text += fmt::format("{}{} {} ({} of {})", text.empty() ? "" : ", ", stage + 1, target, loss,
                        normalisation);
  }
  return text;
}

std::string length_text(const RunFacts::Plan& plan) {
  const double epochs = plan.steps_per_epoch > 0 ? static_cast<double>(plan.steps) /
                                                       static_cast<double>(plan.steps_per_epoch)
                                                 : 0;
  return fmt::format("{} {}, {:.4g} epochs, {} steps of {} images", plan.stages,
                     plan.stages == 1 ? "stage" : "stages", epochs, grouped(plan.steps),
                     grouped(plan.images_per_step));
}

}  // namespace

std::string memory_text(const MemoryPlan& memory) {
  std::string text = fmt::format("about {}", bytes_text(memory.total()));
  if (memory.on_device) {
    text += fmt::format(", {} on the device", bytes_text(memory.device_total()));
  }
  text += ":";
  for (const auto& [name, bytes] : memory.items()) {
    const bool in_place_of_a_step =
        name == "evaluation" || name == "pictures" || name == "next_student";
    if (bytes > 0 && !in_place_of_a_step) text += fmt::format(" {} {},", name, bytes_text(bytes));
  }
  text.pop_back();
  if (memory.evaluation > 0) {
    text += fmt::format("; evaluations {} instead of a step's", bytes_text(memory.evaluation));
  }
  if (memory.pictures > memory.activations + memory.images) {
    text += fmt::format("; pictures {} instead of a step's", bytes_text(memory.pictures));
  }
  return text;
}

std::string facts_table(const RunFacts& facts) {
  const auto line = [](std::string_view name, std::string_view text) {
    return fmt::format("  {:<11} {}\n", name, text);
  };
  std::string rows;
  for (const auto& [name, value] : facts.model.made_of.rows) {
    rows += line(shown_text(name), shown_text(value));
  }
  if (const std::string targets = targets_text(facts); !targets.empty()) {
    rows += line("targets", targets);
  }
  const auto& compute = facts.compute;
  return fmt::format("dbot {}, recipe {}\n", facts.dbot, facts.recipe) +
         line("data", data_text(facts.data)) + line("model", facts.model.description) +
         line("parameters", parameters_text(facts.model.made_of)) + rows +
         line(facts.model.made_of.tokens > 0 ? "tokens" : "operations", tokens_text(facts.model)) +
         line("compute",
              fmt::format(
                  "{} ({}), {} with {}{} threads, {} loading; LibTorch {}", facts.machine.processor,
                  facts.machine.instruction_set, compute.precision,
                  compute.processes > 1 ? fmt::format("{} processes of ", compute.processes) : "",
                  compute.threads, compute.workers, facts.libtorch)) +
         line("length", length_text(facts.plan)) + line("memory", memory_text(facts.plan.memory));
}

std::string time_line(const RunFacts& facts) {
  return fmt::format("estimated time {} ({:.{}f} images/s)",
                     report::duration_text(facts.plan.seconds), facts.plan.images_per_second,
                     facts.plan.images_per_second < 10 ? 1 : 0);
}

std::string forecast_line(double seconds, double of_a_step) {
  return fmt::format("by its first micro-batch: about {}, {} a step",
                     report::duration_text(seconds), report::duration_text(of_a_step));
}

}  // namespace dbot::run
