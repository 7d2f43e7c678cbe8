#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "dbot/report/text/quantity_text.h"
#include "dbot/tools/doctor/health.h"

namespace dbot::tools {
namespace {

using report::bytes_text;

constexpr double kLeastMemory = 2e9, kComfortableMemory = 4e9;
constexpr std::int64_t kLeastFiles = 256, kComfortableFiles = 1024;
constexpr double kLeastSharedMemory = 64e6;

Check processor(const runtime::Machine& machine) {
  const std::string finding = fmt::format("{}, {}", machine.processor, machine.instruction_set);
  if (machine.instruction_set == "x86-64") {
    return {"processor", Status::problem, finding,
            "training will be very slow; use a processor with AVX2 (2013 or later)"};
  }
  const bool bf16 = machine.instruction_set.find("bf16") != std::string::npos;
  return {
      "processor", Status::ok,
      finding + (bf16 ? "; multiplies bf16 itself" : "; bf16 would be slow here, fp32 is used")};
}

Check cores(const runtime::Machine& machine, const runtime::SystemLimits& limits) {
  Check check{"cores", Status::ok, fmt::format("{} usable", machine.usable_cores)};
  if (limits.machine_cores > machine.usable_cores) {
    check.status = Status::warning;
    check.finding += fmt::format(" of {}", limits.machine_cores);
    check.way_out =
        "an affinity mask or the control group's quota holds back the others; raise it "
        "(Docker's cpus, Slurm's cpus-per-task) if they should be used";
  }
  return check;
}

Check memory(const runtime::SystemLimits& limits) {
  const auto number = [](std::int64_t bytes) { return static_cast<double>(bytes); };
  double room = number(limits.memory_available);
  std::string finding = fmt::format("{}, {} free", bytes_text(number(limits.memory_total)),
                                    bytes_text(number(limits.memory_available)));
  if (limits.group_memory > 0) {
    finding +=
        fmt::format(", {} allowed by the control group", bytes_text(number(limits.group_memory)));
    room = std::min(room, number(limits.group_memory));
  }
  finding += limits.swap_free > 0
                 ? fmt::format(", {} of swap", bytes_text(number(limits.swap_free)))
                 : std::string(", no swap");
  if (room < kLeastMemory) {
    return {"memory", Status::problem, finding,
            "at least 2 GB must be free; end other programs, raise the limit or use a larger "
            "machine"};
  }
  if (room < kComfortableMemory) {
    return {"memory", Status::warning, finding,
            "enough for small networks; for larger ones lower train.batch_size and raise "
            "train.accumulate"};
  }
  return {"memory", Status::ok, finding};
}

Check shared_memory(const runtime::SystemLimits& limits) {
  if (limits.shared_memory_free < 0) return {"/dev/shm", Status::ok, "not there; not needed"};
  const auto bytes = static_cast<double>(limits.shared_memory_free);
  const std::string finding = bytes_text(bytes) + " free";
  if (bytes >= kLeastSharedMemory) return {"/dev/shm", Status::ok, finding};
  return {"/dev/shm", Status::warning, finding,
          "dbot itself does not need it, other training programs do; give the container more "
          "(Docker's shm-size)"};
}

Check open_files(const runtime::SystemLimits& limits) {
  const std::string finding = fmt::format("at most {}", limits.open_files);
  if (limits.open_files < 0 || limits.open_files >= kComfortableFiles) {
    return {"open files", Status::ok, finding};
  }
  return {"open files", limits.open_files < kLeastFiles ? Status::problem : Status::warning,
          finding, "raise the limit: ulimit -n 4096"};
}

}  // namespace

std::vector<Check> check_machine(const runtime::Machine& machine,
                                 const runtime::SystemLimits& limits) {
  return {processor(machine), cores(machine, limits), memory(limits), shared_memory(limits),
          open_files(limits)};
}

Check check_waiting(const std::string& spin_count, const std::string& wait_policy) {
  const std::string subject = "waiting";
  const bool active = wait_policy == "active" || wait_policy == "ACTIVE";
  const double spins = spin_count.empty() ? 0 : std::strtod(spin_count.c_str(), nullptr);
  if (active || spins > 1e6 || spin_count == "infinity" || spin_count == "infinite") {
    return {subject, Status::warning,
            active ? "OMP_WAIT_POLICY=" + wait_policy : "GOMP_SPINCOUNT=" + spin_count,
            "threads that spin hold up others on busy cores; unset it, and dbot lets them sleep"};
  }
  if (!spin_count.empty()) return {subject, Status::ok, "GOMP_SPINCOUNT=" + spin_count};
  if (!wait_policy.empty()) return {subject, Status::ok, "OMP_WAIT_POLICY=" + wait_policy};
  return {subject, Status::ok, "compute threads sleep after a moment"};
}

}  // namespace dbot::tools
