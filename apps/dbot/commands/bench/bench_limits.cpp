// dbot bench limits: what this machine can do at best.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/dbot/commands/bench/bench.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"
#include "dbot/runtime/machine.h"
#include "dbot/simd/kernel_level.h"
#include "dbot/tools/bench/limits_bench.h"

namespace dbot::app {
namespace {

struct LimitsArguments {
  std::int64_t threads = 0;
  bool json = false;
};

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    names.emplace_back(simd::name(level));
  }
  return names;
}

std::string limits_json(const runtime::Machine& machine, const tools::MachineLimits& limits,
                        int threads) {
  auto products = nlohmann::ordered_json::array(), memory = nlohmann::ordered_json::array();
  for (const tools::ProductLimit& product : limits.products) {
    products.push_back({{"precision", runtime::name(product.precision)},
                        {"kernels", product.kernels},
                        {"threads", product.threads},
                        {"flops_per_second", product.flops_per_second}});
  }
  for (const tools::MemoryLimit& limit : limits.memory) {
    memory.push_back({{"kind", limit.kind},
                      {"threads", limit.threads},
                      {"bytes_per_second", limit.bytes_per_second}});
  }
  const nlohmann::ordered_json json{{"processor", machine.processor},
                                    {"instruction_set", machine.instruction_set},
                                    {"kernels", kernel_names()},
                                    {"cores", machine.usable_cores},
                                    {"threads", threads},
                                    {"memory_bytes", machine.memory_bytes},
                                    {"libtorch", machine.libtorch_version},
                                    {"product_shape", {limits.rows, limits.inputs, limits.outputs}},
                                    {"products", products},
                                    {"memory", memory}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A row for what was measured, a column for each number of threads. Figures of one number of
/// threads come one after another, in the same order for each.
std::string limits_table(const tools::MachineLimits& limits, int threads) {
  std::vector<std::vector<std::string>> rows{{"", "", "1 thread"}};
  if (threads > 1) rows[0].push_back(fmt::format("{} threads", threads));
  const auto add = [&rows](std::size_t begin, std::size_t at, const std::string& what,
                           const char* unit, double value) {
    if (begin + at >= rows.size()) rows.push_back({what, unit});
    rows[begin + at].push_back(fmt::format("{:.1f}", value / 1e9));
  };
  const std::size_t counts = threads > 1 ? 2 : 1;
  const std::size_t products = limits.products.size() / counts;
  for (std::size_t i = 0; i < limits.products.size(); ++i) {
    const tools::ProductLimit& product = limits.products[i];
    const std::string code = product.kernels == "reference" ? "LibTorch" : product.kernels;
    add(1, i % products,
        fmt::format("matrix product, {}, {}", runtime::name(product.precision), code), "GFLOP/s",
        product.flops_per_second);
  }
  for (std::size_t i = 0; i < limits.memory.size(); ++i) {
    const tools::MemoryLimit& limit = limits.memory[i];
    add(1 + products, i % (limits.memory.size() / counts), "memory, " + limit.kind, "GB/s",
        limit.bytes_per_second);
  }
  return report::text_table(rows);
}

void bench_limits(const LimitsArguments& arguments) {
  const int threads = configure_bench_threads(arguments.threads);
  const runtime::Machine machine = runtime::describe_machine();
  const tools::MachineLimits limits = tools::measure_limits(threads);
  if (arguments.json) return print_line(limits_json(machine, limits, threads));
  print_line(fmt::format("{}, {}; {} cores, {}; kernels {}; LibTorch {}", machine.processor,
                         machine.instruction_set, machine.usable_cores,
                         report::bytes_text(static_cast<double>(machine.memory_bytes)),
                         fmt::join(kernel_names(), " "), machine.libtorch_version));
  print(limits_table(limits, threads));
  print_line(fmt::format("matrix product: [{} x {}] by [{} x {}]; best of several rounds",
                         limits.rows, limits.inputs, limits.inputs, limits.outputs));
}

}  // namespace

void add_bench_limits(CommandLine& line, CLI::App& bench) {
  CLI::App* command = bench.add_subcommand(
      "limits", "Measure matrix products and memory: what this machine can do at best");
  auto a = std::make_shared<LimitsArguments>();
  add_threads(*command, a->threads);
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { bench_limits(*a); }; });
}

}  // namespace dbot::app
