// dbot bench: how fast this machine does what a run needs.
#include "apps/dbot/commands/bench/bench.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/runtime/machine.h"

namespace dbot::app {

CLI::Option* add_kernels(CLI::App& command, std::string& kernels) {
  return command
      .add_option("--kernels", kernels, "Which code computes; reference is plain LibTorch")
      ->type_name("auto|reference|portable|avx2|avx512|avx512_bf16|amx")
      ->check(not_empty());
}

int configure_bench_threads(std::int64_t threads) {
  if (threads < 0 || threads > 4096) {
    throw UsageError(
        fmt::format("[bench] --threads is {}, expected 0 (all cores) to 4096", threads));
  }
  return runtime::configure_compute(static_cast<int>(threads));
}

void add_bench(CommandLine& line) {
  CLI::App* bench = line.parser.add_subcommand("bench", "Measure this machine");
  line.computing.push_back(bench);
  bench->require_subcommand(1);
  add_bench_step(line, *bench);
  add_bench_ops(line, *bench);
  add_bench_limits(line, *bench);
  add_bench_processes(line, *bench);
}

}  // namespace dbot::app
