// dbot doctor: is this machine fit to train, and what would a run choose here?
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/dbot/commands.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/runtime/cuda.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/precision.h"
#include "dbot/runtime/system_limits.h"
#include "dbot/tools/doctor/health.h"

namespace dbot::app {
namespace {

using tools::Check;
using tools::Status;

// The oldest LibTorch that dbot is tested with.
constexpr int kLeastMajor = 2, kLeastMinor = 11;

struct Arguments {
  std::string data, out, run;
  bool json = false;
};

Check libtorch(const runtime::Machine& machine) {
  int major = 0, minor = 0;
  std::sscanf(machine.libtorch_version.c_str(), "%d.%d", &major, &minor);
  if (major > kLeastMajor || (major == kLeastMajor && minor >= kLeastMinor)) {
    return {"LibTorch", Status::ok, machine.libtorch_version};
  }
  return {"LibTorch", Status::problem, machine.libtorch_version,
          "build dbot with LibTorch 2.11 or later"};
}

Check compute(bool bf16) {
  const double speed = runtime::measure_matmul_flops(bf16);
  const std::string finding =
      fmt::format("{:.0f} GFLOP/s in {}", speed / 1e9, bf16 ? "bf16" : "fp32");
  if (speed > 1e9) return {"matrix product", Status::ok, finding};
  return {"matrix product", Status::problem, finding,
          "LibTorch computes far too slowly; is the machine overloaded?"};
}

Check recipes() {
  const auto& all = run::embedded_recipes();
  const char* way_out = "this build of dbot is broken; build it again";
  for (const run::EmbeddedRecipe& recipe : all) {
    try {
      run::parse_recipe(recipe.text, recipe.name);
    } catch (const Error& error) {
      return {"recipes", Status::problem, error.what(), way_out};
    }
  }
  if (all.empty()) return {"recipes", Status::problem, "none", way_out};
  return {"recipes", Status::ok, fmt::format("{}, all sound", all.size())};
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<Check> examine(const Arguments& arguments) {
  const runtime::Machine machine = runtime::describe_machine();
  const int threads = runtime::configure_compute(0);
  const auto precision =
      runtime::resolve_precision(runtime::PrecisionRequest::automatic, core::silent_log());
  std::vector<Check> checks{{"dbot", Status::ok, DBOT_VERSION}, libtorch(machine)};
  const auto add = [&checks](std::vector<Check> more) {
    for (Check& check : more) checks.push_back(std::move(check));
  };
  add(tools::check_machine(machine, runtime::system_limits()));
  // Before anything computes: LibTorch must not settle before that there is no CUDA.
  const std::string device = to_string(runtime::resolve_device("auto"));
  add(tools::check_cuda(runtime::cuda::found(), {}));
  add({{"device", Status::ok, device},
       {"precision", Status::ok, std::string(runtime::name(precision))},
       {"threads", Status::ok, fmt::format("{}", threads)},
       tools::check_waiting(variable("GOMP_SPINCOUNT"), variable("OMP_WAIT_POLICY")),
       compute(precision == runtime::Precision::bf16),
       recipes()});
  add(tools::check_place("disk", "."));
  if (!arguments.out.empty()) add(tools::check_place("--out", arguments.out));
  if (!arguments.data.empty()) add(tools::check_data(arguments.data));
  if (!arguments.run.empty()) add(tools::check_run(arguments.run, command_texts().goes_on));
  return checks;
}

const char* name_of(Status status) {
  return status == Status::ok ? "ok" : status == Status::warning ? "warning" : "problem";
}

std::string as_json(const std::vector<Check>& checks, std::int64_t problems,
                    std::int64_t warnings) {
  nlohmann::ordered_json json;
  auto list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    json[check.subject] = check.finding;
    list.push_back({{"subject", check.subject},
                    {"status", name_of(check.status)},
                    {"finding", check.finding},
                    {"way_out", check.way_out}});
  }
  json["checks"] = list;
  json["problems"] = problems;
  json["warnings"] = warnings;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void doctor(const Arguments& arguments) {
  const std::vector<Check> checks = examine(arguments);
  std::int64_t problems = 0, warnings = 0;
  for (const Check& check : checks) {
    problems += check.status == Status::problem ? 1 : 0;
    warnings += check.status == Status::warning ? 1 : 0;
    if (arguments.json) continue;
    print_line(report::printable(
        fmt::format("{:<9}{:<15}{}", name_of(check.status), check.subject, check.finding)));
    if (!check.way_out.empty()) print_line(fmt::format("{:<24}way out: {}", "", check.way_out));
  }
  if (arguments.json) print_line(as_json(checks, problems, warnings));
  if (problems > 0) {
    throw Error(fmt::format("[doctor] {} problem{} found", problems, problems == 1 ? "" : "s"));
  }
}

}  // namespace

void add_doctor(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "doctor", "Is this machine fit to train, are these data, is this run in order?");
  auto a = std::make_shared<Arguments>();
  const auto add = [command](const char* name, std::string& value, const char* type,
                             const char* text) {
    command->add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("--data", a->data, "PATH", "Images to look at as well");
  add("--out", a->out, "DIR", "Where a run would be written");
  add("--run", a->run, "DIR", "A run to look at as well");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { doctor(*a); }; });
}

}  // namespace dbot::app
