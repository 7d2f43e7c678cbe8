// dbot bench step: how long a recipe's training step takes here.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/dbot/commands/bench/bench.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/run/facts/memory_plan.h"
#include "dbot/run/facts/run_facts.h"
#include "dbot/run/pretrain/processes.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/runtime/device_figures.h"
#include "dbot/runtime/launch/launched.h"
#include "dbot/runtime/machine.h"
#include "dbot/simd/kernel_level.h"
#include "dbot/tools/bench/step_bench.h"

namespace dbot::app {
namespace {

constexpr std::int64_t kMostProcesses = 1'000'000;

struct StepArguments {
  std::string recipe, device, precision, kernels;  // empty: as the recipe says
  std::vector<std::string> settings;
  std::optional<std::int64_t> batch, threads;
  std::int64_t processes = 1;
  std::int64_t steps = 10;
  bool serve = false, json = false;
};

/// As one of so many that a launcher would have started: lanes are resolved by their number.
std::optional<runtime::Launched> as_launched(std::int64_t processes) {
  if (processes == 1) return std::nullopt;
  runtime::Launched launched;
  launched.ranks = launched.local_ranks = static_cast<int>(processes);
  return launched;
}

run::Recipe resolved_recipe(const StepArguments& arguments) {
  std::vector<std::string> settings = arguments.settings;
  if (!arguments.device.empty()) settings.push_back("train.device=" + arguments.device);
  if (!arguments.precision.empty()) settings.push_back("train.precision=" + arguments.precision);
  if (!arguments.kernels.empty()) settings.push_back("train.kernels=" + arguments.kernels);
  if (arguments.batch) settings.push_back(fmt::format("train.batch_size={}", *arguments.batch));
  if (arguments.threads) settings.push_back(fmt::format("train.threads={}", *arguments.threads));
  const run::RecipeText text = run::find_recipe(arguments.recipe);
  run::Recipe recipe = run::parse_recipe(text.text, text.origin, settings);
  run::resolve_compute(recipe, console_log(), as_launched(arguments.processes));
  const int processes = static_cast<int>(arguments.processes);
  run::check_processes(recipe, processes);
  run::check_memory(recipe, runtime::describe_machine().memory_bytes, console_log(), processes);
  const auto free_bytes =
      runtime::free_device_bytes(runtime::resolve_device(recipe.compute.device));
  if (free_bytes > 0) run::check_device_memory(recipe, free_bytes, console_log());
  runtime::configure_compute(static_cast<int>(recipe.compute.threads));
  run::resolve_kernels(recipe, console_log());
  return recipe;
}

/// One step for each line of stdin: whoever compares programs says whose turn it is.
void serve(tools::StepBench& bench) {
  for (int i = 0; i < bench.warm_up_steps(); ++i) bench.step();
  print_line("ready");
  std::string line;
  while (!stop_request().requested() && std::getline(std::cin, line)) {
    print_line(fmt::format("{:.6f}", bench.step()));
  }
}

void bench_step(const StepArguments& arguments) {
  if (arguments.steps < 1) {
    throw UsageError(fmt::format("[bench] --steps is {}, expected at least 1", arguments.steps));
  }
  if (arguments.processes < 1 || arguments.processes > kMostProcesses) {
    throw UsageError(fmt::format("[bench] --processes is {}, expected 1 to {}", arguments.processes,
                                 kMostProcesses));
  }
  const run::Recipe recipe = resolved_recipe(arguments);
  tools::StepBench bench(recipe, static_cast<int>(arguments.processes));
  if (arguments.serve) return serve(bench);
  // Memory is allocated and kernels are chosen in the first ones.
  for (int i = 0; i < bench.warm_up_steps(); ++i) bench.step();
  std::vector<double> seconds;
  while (static_cast<std::int64_t>(seconds.size()) < arguments.steps) {
    if (stop_request().requested()) throw Stopped("[bench] stopped on request");
    seconds.push_back(bench.step());
  }
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[seconds.size() / 2];
  const auto images = static_cast<double>(bench.images_per_step());
  const double rate = images / median;
  const bool bf16 = run::precision_of(recipe) == runtime::Precision::bf16;
  const runtime::Device device = runtime::resolve_device(recipe.compute.device);
  const double limit = runtime::measure_matmul_flops_on(bf16, device);
  run::Recipe step_alone = recipe;
  step_alone.report.pictures = false;
  const run::MemoryPlan plan =
      run::plan_memory(step_alone, {}, static_cast<int>(arguments.processes));
  nlohmann::ordered_json json{{"recipe", arguments.recipe},
                              {"device", recipe.compute.device},
                              {"precision", runtime::name(run::precision_of(recipe))},
                              {"threads", recipe.compute.threads},
                              {"processes", arguments.processes},
                              {"kernels", simd::name(simd::kernel_level())},
                              {"matrix_products", ops::name(ops::product_library())},
                              {"images_per_step", bench.images_per_step()},
                              {"steps", arguments.steps},
                              {"seconds", median},
                              {"fastest_seconds", seconds.front()},
                              {"slowest_seconds", seconds.back()},
                              {"images_per_second", rate},
                              {"flops_per_image", bench.flops_per_image()},
                              {"model_flops_utilization", rate * bench.flops_per_image() / limit},
                              {"peak_memory_bytes", runtime::peak_memory_bytes()},
                              {"planned_memory_bytes", std::llround(plan.total())},
                              {"updated_parameters", bench.updated_parameters()},
                              {"trained_parameters", bench.trained_parameters()}};
  if (plan.on_device) {
    json["graph"] = bench.repeats();
    json["device_peak_memory_bytes"] = runtime::peak_device_bytes(device);
    json["device_planned_memory_bytes"] = std::llround(plan.device_total());
  }
  if (arguments.json) return print_line(json.dump());
  print_line(fmt::format("{} images a step, {}, {} threads: median {:.4f} s ({:.4f} to {:.4f})",
                         bench.images_per_step(), runtime::name(run::precision_of(recipe)),
                         recipe.compute.threads, median, seconds.front(), seconds.back()));
  print_line(fmt::format("{:.1f} images/s, {:.0f} % of {} matrix products, {:.0f} MiB", rate,
                         100 * rate * bench.flops_per_image() / limit,
                         device.is_cpu() ? "this machine's" : to_string(device) + "'s",
                         static_cast<double>(runtime::peak_memory_bytes()) / (1 << 20)));
  print_line("planned " + run::memory_text(plan));
  if (arguments.processes == 1) return;
  print_line(fmt::format(
      "one of {} processes: {} of {} micro-batches, the update of {} of {} parameters; what they "
      "send each other is not in it (dbot bench processes)",
      arguments.processes, recipe.train.accumulate / arguments.processes, recipe.train.accumulate,
      bench.updated_parameters(), bench.trained_parameters()));
}

}  // namespace

void add_bench_step(CommandLine& line, CLI::App& bench) {
  CLI::App* step = bench.add_subcommand("step", "Time training steps on synthetic images");
  auto a = std::make_shared<StepArguments>();
  step->add_option("RECIPE", a->recipe, "A recipe's name (dbot recipes) or a .toml file")
      ->required()
      ->type_name("RECIPE");
  step->add_option("--batch", a->batch, "Images of a micro-batch (default: the recipe's)")
      ->type_name("N");
  step->add_option("--set", a->settings, "Change one key of the recipe: section.key=value")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  step->add_option("--processes", a->processes,
                   "Time the part of one of so many processes, without what they send")
      ->type_name("N");
  step->add_option("--steps", a->steps, "Steps to time, after one that is not")->type_name("N");
  step->add_option("--device", a->device, "Where to compute: auto, cpu, cuda or cuda:N")
      ->type_name("auto|cpu|cuda|cuda:N");
  add_precision(*step, a->precision);
  add_threads(*step, a->threads);
  add_kernels(*step, a->kernels);
  step->add_flag("--serve", a->serve,
                 "Print 'ready', then the seconds of one step a line of stdin");
  add_json(*step, a->json);
  step->callback([&line, a] { line.action = [a] { bench_step(*a); }; });
}

}  // namespace dbot::app
