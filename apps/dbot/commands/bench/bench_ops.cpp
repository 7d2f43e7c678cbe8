// dbot bench ops: the project's operations beside LibTorch's.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "apps/dbot/commands/bench/bench.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/report/text/table.h"
#include "dbot/runtime/cuda/device_choice.h"
#include "dbot/runtime/device_figures.h"
#include "dbot/runtime/precision.h"
#include "dbot/simd/kernel_level.h"
#include "dbot/tools/bench/ops_bench.h"

namespace dbot::app {
namespace {

struct OpsArguments {
  std::string filter, device = "cpu", precision = "auto", kernels = "auto";
  std::int64_t threads = 0, rounds = 5;
  bool json = false;
};

using tools::OperationCase;
using tools::OperationTimes;

std::vector<OperationCase> chosen_cases(runtime::Precision precision, const runtime::Device& device,
                                        const std::string& filter) {
  const std::vector<OperationCase> all = tools::operation_cases(precision, device);
  std::vector<OperationCase> chosen;
  std::set<std::string> names;
  for (const OperationCase& operation : all) {
    names.insert(operation.operation);
    if (operation.title().find(filter) != std::string::npos) chosen.push_back(operation);
  }
  if (!chosen.empty()) return chosen;
  throw UsageError(fmt::format(
      "[bench] --filter is \"{}\", which is in no row, expected a part of an operation ({}) or of "
      "what stands beside it in the table",
      filter, fmt::join(names, ", ")));
}

nlohmann::ordered_json per_second(double amount, double seconds) {
  return amount > 0 ? nlohmann::ordered_json(amount / seconds) : nlohmann::ordered_json();
}

nlohmann::ordered_json operation_json(const OperationCase& operation, const OperationTimes& times) {
  return {{"operation", operation.operation},
          {"network", operation.network},
          {"shape", operation.shape},
          {"reference", operation.reference},
          {"seconds", times.ours},
          {"reference_seconds", times.reference},
          {"ratio", times.ratio},
          {"flops_per_second", per_second(operation.flops, times.ours)},
          {"bytes_per_second", per_second(operation.bytes, times.ours)}};
}

std::vector<std::string> operation_row(const OperationCase& operation,
                                       const OperationTimes& times) {
  const bool arithmetic = operation.flops > 0;
  const double rate = (arithmetic ? operation.flops : operation.bytes) / times.ours;
  return {operation.operation,
          operation.shape,
          operation.reference,
          fmt::format("{:.3f}", 1e3 * times.ours),
          fmt::format("{:.3f}", 1e3 * times.reference),
          fmt::format("{:.2f}", times.ratio),
          fmt::format("{:.1f} {}", rate / 1e9, arithmetic ? "GFLOP/s" : "GB/s")};
}

/// The table of one network, as soon as it is measured.
class NetworkTable {
 public:
  void add(const OperationCase& operation, const OperationTimes& times) {
    if (operation.network != network_) print_table();
    network_ = operation.network;
    rows_.push_back(operation_row(operation, times));
  }
  void print_table() {
    if (!rows_.empty()) {
      rows_.insert(rows_.begin(),
                   {"operation", "shape", "reference", "ours ms", "ref. ms", "ratio", "ours does"});
      print("\n" + network_ + "\n" + report::text_table(rows_));
    }
    rows_.clear();
  }

 private:
  std::string network_;
  std::vector<std::vector<std::string>> rows_;
};

void bench_ops(const OpsArguments& arguments) {
  if (arguments.rounds < 1) {
    throw UsageError(fmt::format("[bench] --rounds is {}, expected at least 1", arguments.rounds));
  }
  simd::use_kernel_level(arguments.kernels);
  const runtime::Device device = runtime::choose_device(arguments.device, console_log());
  const runtime::Precision precision =
      runtime::precision_on(runtime::parse_precision(arguments.precision), device, console_log());
  const std::vector<OperationCase> cases = chosen_cases(precision, device, arguments.filter);
  const int threads = configure_bench_threads(arguments.threads);
  if (!arguments.json) {
    print_line(fmt::format(
        "{}, {} threads, kernels {}; median of {} rounds; a ratio above 1: ours "
        "is faster",
        runtime::name(precision), threads, simd::name(simd::kernel_level()), arguments.rounds));
  }
  NetworkTable table;
  auto list = nlohmann::ordered_json::array();
  for (const OperationCase& operation : cases) {
    if (stop_request().requested()) throw Stopped("[bench] stopped on request");
    const OperationTimes times = tools::time_operation(operation, arguments.rounds);
    if (arguments.json) {
      list.push_back(operation_json(operation, times));
    } else {
      table.add(operation, times);
    }
  }
  if (!arguments.json) return table.print_table();
  const nlohmann::ordered_json json{
      {"device", to_string(device)}, {"precision", runtime::name(precision)},
      {"threads", threads},          {"kernels", simd::name(simd::kernel_level())},
      {"rounds", arguments.rounds},  {"operations", list}};
  print_line(json.dump());
}

}  // namespace

void add_bench_ops(CommandLine& line, CLI::App& bench) {
  CLI::App* command = bench.add_subcommand(
      "ops", "Time each operation beside the same arithmetic in LibTorch's operations");
  auto a = std::make_shared<OpsArguments>();
  command
      ->add_option("--filter", a->filter,
                   "Only rows with this text in operation, network, shape or reference")
      ->type_name("TEXT")
      ->check(not_empty());
  command->add_option("--rounds", a->rounds, "Turns of both ways, of which the median counts")
      ->type_name("N");
  command->add_option("--device", a->device, "Where to compute: auto, cpu, cuda or cuda:N")
      ->type_name("auto|cpu|cuda|cuda:N");
  add_precision(*command, a->precision);
  add_threads(*command, a->threads);
  add_kernels(*command, a->kernels);
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { bench_ops(*a); }; });
}

}  // namespace dbot::app
