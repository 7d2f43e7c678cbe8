#include "dbot/runtime/launch/launched.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "dbot/runtime/launch/child_variables.h"
#include "dbot/runtime/launch/node_list.h"
#include "dbot/runtime/launch/variable_reader.h"

namespace dbot::runtime {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr int kUsualPort = 29'500;  // PyTorch's
// Ports that are made of a job's name lie below those that systems give to outgoing connections.
constexpr int kFirstPort = 10'000, kPorts = 20'000;

int port_of(std::string_view job) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;  // FNV-1a
  for (const char c : job) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  return kFirstPort + static_cast<int>(hash % kPorts);
}

void check_ranks(const VariableReader& reader, const Launched& self, const char* rank,
                 const char* local_rank) {
  if (self.rank >= self.ranks) {
    reader.refuse(rank, fmt::format("expected less than the {} processes there are", self.ranks));
  }
  if (self.local_rank >= self.local_ranks) {
    reader.refuse(local_rank, fmt::format("expected less than the {} processes of this machine",
                                          self.local_ranks));
  }
}

/// MASTER_ADDR and MASTER_PORT, where somebody set them.
void take_address(const VariableReader& reader, Launched& self) {
  if (reader.has("MASTER_ADDR")) self.address = reader.text("MASTER_ADDR");
  self.port = reader.number("MASTER_PORT", 1, kMostPort).value_or(self.port);
}

Launched of_names(const Variables& variables, Launcher by) {
  const VariableReader reader(by == Launcher::variables ? "torchrun's kind" : name(by), variables);
  Launched self;
  self.by = by;
  reader.need_all({"RANK", "WORLD_SIZE"});
  self.ranks = reader.needed_number("WORLD_SIZE", 1, kMostRanks);
  self.rank = reader.needed_number("RANK", 0, kMostRanks);
  if (self.ranks > 1) {
    reader.need_all({"LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"});
  }
  self.local_rank = reader.number("LOCAL_RANK", 0, kMostRanks).value_or(0);
  self.local_ranks = reader.number("LOCAL_WORLD_SIZE", 1, self.ranks).value_or(1);
  check_ranks(reader, self, "RANK", "LOCAL_RANK");
  take_address(reader, self);
  self.store_is_served = reader.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  self.attempt = reader.text("TORCHELASTIC_RUN_ID");
  // torchrun's agents count restarts apart: one that only follows another does not count its own.
  if (by == Launcher::own) self.attempt += "/" + reader.text("TORCHELASTIC_RESTART_COUNT");
  return self;
}

Launched of_open_mpi(const Variables& variables) {
  const VariableReader reader("Open MPI", variables);
  Launched self;
  self.by = Launcher::open_mpi;
  self.ranks = reader.needed_number("OMPI_COMM_WORLD_SIZE", 1, kMostRanks);
  self.rank = reader.needed_number("OMPI_COMM_WORLD_RANK", 0, kMostRanks);
  self.local_ranks = reader.needed_number("OMPI_COMM_WORLD_LOCAL_SIZE", 1, self.ranks);
  self.local_rank = reader.needed_number("OMPI_COMM_WORLD_LOCAL_RANK", 0, kMostRanks);
  check_ranks(reader, self, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK");
  if (self.local_ranks < self.ranks && !reader.has("MASTER_ADDR")) {
    reader.refuse("OMPI_COMM_WORLD_SIZE",
                  fmt::format("only {} of them are on this machine, and Open MPI does not say "
                              "where rank 0 is; pass it by mpirun -x MASTER_ADDR=HOST",
                              self.local_ranks));
  }
  const std::string& job = reader.has("PMIX_NAMESPACE") ? reader.text("PMIX_NAMESPACE")
                                                        : reader.text("OMPI_MCA_ess_base_jobid");
  self.port = job.empty() ? kUsualPort : port_of(job);
  self.attempt = job.empty() ? "0" : job;
  take_address(reader, self);
  return self;
}

/// Tasks on this node, of the list of counts that Slurm gives.
int local_tasks(const VariableReader& reader, int ranks) {
  const char* list = reader.has("SLURM_STEP_TASKS_PER_NODE") ? "SLURM_STEP_TASKS_PER_NODE"
                                                             : "SLURM_TASKS_PER_NODE";
  const std::vector<int> counts = expand_task_counts(reader.needed(list));
  const auto node = static_cast<std::size_t>(reader.needed_number("SLURM_NODEID", 0, kMostRanks));
  if (node >= counts.size()) reader.refuse("SLURM_NODEID", "is not in " + std::string(list));
  if (counts[node] < 1 || counts[node] > ranks) {
    reader.refuse(list, fmt::format("expected 1 to {} tasks on this node", ranks));
  }
  return counts[node];
}

Launched of_slurm(const Variables& variables) {
  const VariableReader reader("Slurm", variables);
  Launched self;
  self.by = Launcher::slurm;
  // The step's own numbers: srun may start fewer tasks, on fewer nodes, than the job has.
  self.ranks = reader.has("SLURM_STEP_NUM_TASKS")
                   ? reader.needed_number("SLURM_STEP_NUM_TASKS", 1, kMostRanks)
                   : reader.needed_number("SLURM_NTASKS", 1, kMostRanks);
  self.rank = reader.needed_number("SLURM_PROCID", 0, kMostRanks);
  self.local_rank = reader.needed_number("SLURM_LOCALID", 0, kMostRanks);
  self.local_ranks = local_tasks(reader, self.ranks);
  check_ranks(reader, self, "SLURM_PROCID", "SLURM_LOCALID");
  const std::vector<std::string> nodes =
      expand_node_list(reader.has("SLURM_STEP_NODELIST") ? reader.text("SLURM_STEP_NODELIST")
                                                         : reader.needed("SLURM_JOB_NODELIST"));
  self.address = nodes.size() == 1 ? kLoopback : nodes.front();
  const std::string& restarts = reader.text("SLURM_RESTART_COUNT");
  const std::string step = reader.needed("SLURM_JOB_ID") + "." + reader.text("SLURM_STEP_ID");
  self.port = port_of(step);
  self.attempt = step + "/" + (restarts.empty() ? "0" : restarts);
  self.cores = reader.number("SLURM_CPUS_PER_TASK", 1, kMostRanks);
  take_address(reader, self);
  return self;
}

/// RANK and WORLD_SIZE that were left by somebody else than who started this process.
void check_agreement(const Variables& variables, const Launched& self) {
  const VariableReader reader("beside " + name(self.by), variables);
  if (!reader.has("RANK") && !reader.has("WORLD_SIZE")) return;
  const auto differs = [&](const char* variable, int expected) {
    const auto value = reader.number(variable, 0, kMostRanks);
    if (value && *value != expected) {
      reader.refuse(variable, fmt::format("{} says {}", name(self.by), expected));
    }
  };
  differs("RANK", self.rank);
  differs("WORLD_SIZE", self.ranks);
}

}  // namespace

Variables environment_variables() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t sign = text.find('=');
    if (sign == std::string_view::npos) continue;
    variables.emplace(text.substr(0, sign), text.substr(sign + 1));
  }
  return variables;
}

std::string name(Launcher launcher) {
  switch (launcher) {
    case Launcher::own:
      return "dbot";
    case Launcher::torchrun:
      return "torchrun";
    case Launcher::slurm:
      return "Slurm";
    case Launcher::open_mpi:
      return "Open MPI";
    case Launcher::variables:
      break;
  }
  return "RANK and WORLD_SIZE";
}

std::optional<Launched> launched(const Variables& variables) {
  const VariableReader reader("a launcher", variables);
  // torchrun and dbot start processes inside of what others started: they are the innermost.
  if (reader.has("TORCHELASTIC_RUN_ID")) {
    const bool own = reader.text("TORCHELASTIC_RUN_ID") == kOwnRunId;
    return of_names(variables, own ? Launcher::own : Launcher::torchrun);
  }
  std::optional<Launched> self;
  if (reader.has("OMPI_COMM_WORLD_RANK") || reader.has("OMPI_COMM_WORLD_SIZE")) {
    self = of_open_mpi(variables);
  } else if (reader.has("SLURM_STEP_ID") && reader.has("SLURM_PROCID")) {
    // Without a step this is the script of a job, which Slurm starts once for all tasks.
    self = of_slurm(variables);
  }
  if (self) {
    check_agreement(variables, *self);
    return self;
  }
  if (!reader.has("RANK") && !reader.has("WORLD_SIZE")) return std::nullopt;
  return of_names(variables, Launcher::variables);
}

int default_threads(const Launched& launched, int usable, bool bound) {
  if (launched.cores) return std::clamp(*launched.cores, 1, std::max(usable, 1));
  return std::max(1, bound ? usable : usable / launched.local_ranks);
}

}  // namespace dbot::runtime
