// dbot doctor: is this machine fit to train, and what would a run choose here?
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/dbot/commands.h"
#include "apps/dbot/console.h"
#include "dbot/core/error.h"
#include "dbot/run/recipe.h"
#include "dbot/run/recipe_catalog.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/precision.h"

namespace dbot::app {
namespace {

struct Finding {
  std::string subject, text;
  std::string way_out;  // empty: all is well
};

Finding processor(const runtime::Machine& machine) {
  Finding finding{"processor", fmt::format("{}, {}", machine.processor, machine.instruction_set),
                  ""};
  if (machine.instruction_set == "x86-64") {
    finding.way_out = "training will be very slow; use a processor with AVX2 (2013 or later)";
  }
  return finding;
}

Finding memory(const runtime::Machine& machine) {
  const double gigabytes = static_cast<double>(machine.memory_bytes) / 1e9;
  return {"memory", fmt::format("{:.1f} GB", gigabytes),
          gigabytes < 2 ? "at least 2 GB are needed; use a larger machine" : ""};
}

Finding disk() {
  std::error_code error;
  const auto space = std::filesystem::space(".", error);
  if (error) return {"disk", error.message(), "start dbot in a folder that can be read"};
  const double gigabytes = static_cast<double>(space.available) / 1e9;
  return {"disk", fmt::format("{:.1f} GB free in this folder", gigabytes),
          gigabytes < 1 ? "checkpoints need room; free some or use --out on another disk" : ""};
}

Finding compute(bool bf16) {
  const double speed = runtime::measure_matmul_flops(bf16);
  return {"matrix product",
          fmt::format("{:.0f} GFLOP/s in {}", speed / 1e9, bf16 ? "bf16" : "fp32"),
          speed > 1e9 ? "" : "LibTorch computes far too slowly; is the machine overloaded?"};
}

Finding recipes() {
  const auto& all = run::embedded_recipes();
  for (const run::EmbeddedRecipe& recipe : all) {
    try {
      run::parse_recipe(recipe.text, recipe.name);
    } catch (const Error& error) {
      return {"recipes", error.what(), "this build of dbot is broken; build it again"};
    }
  }
  return {"recipes", fmt::format("{}, all sound", all.size()),
          all.empty() ? "this build of dbot is broken; build it again" : ""};
}

std::vector<Finding> examine() {
  const runtime::Machine machine = runtime::describe_machine();
  const int threads = runtime::configure_compute(0);
  const auto precision =
      runtime::resolve_precision(runtime::PrecisionRequest::automatic, core::silent_log());
  return {{"dbot", DBOT_VERSION, ""},
          {"LibTorch", machine.libtorch_version, ""},
          processor(machine),
          {"device", "cpu", ""},
          {"precision", std::string(runtime::name(precision)), ""},
          {"threads", fmt::format("{}", threads), ""},
          memory(machine),
          disk(),
          compute(precision == runtime::Precision::bf16),
          recipes()};
}

void doctor(bool as_json) {
  std::int64_t problems = 0;
  nlohmann::ordered_json json;
  for (const Finding& finding : examine()) {
    const bool good = finding.way_out.empty();
    problems += good ? 0 : 1;
    json[finding.subject] = finding.text;
    if (as_json) continue;
    print_line(good ? fmt::format("ok       {:<15}{}", finding.subject, finding.text)
                    : fmt::format("problem  {:<15}{}; way out: {}", finding.subject, finding.text,
                                  finding.way_out));
  }
  json["problems"] = problems;
  if (as_json) {
    print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  if (problems > 0) {
    throw Error(fmt::format("[doctor] {} problem{} found", problems, problems == 1 ? "" : "s"));
  }
}

}  // namespace

void add_doctor(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand("doctor", "Is this machine fit to train?");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print the findings as one JSON object");
  command->callback([&line, json] { line.action = [json] { doctor(*json); }; });
}

}  // namespace dbot::app
