#pragma once

#include <map>
#include <optional>
#include <string>

// How a launcher tells each process of a group who it is: by variables of its environment. Pure
// functions over those variables; nothing here opens a socket.
namespace dbot::runtime {

/// Variables of an environment by their names.
using Variables = std::map<std::string, std::string>;

/// Of this process.
Variables environment_variables();

/// Who started the processes. `own`: dbot itself (launch/spawn.h), with torchrun's names.
/// `variables`: somebody who set RANK, WORLD_SIZE and so on by hand.
enum class Launcher { own, torchrun, slurm, open_mpi, variables };
/// "torchrun", "Slurm", …, for people.
std::string name(Launcher launcher);

/// What a process knows of itself among those it was started with.
struct Launched {
  Launcher by = Launcher::variables;
  int rank = 0, ranks = 1;
  int local_rank = 0, local_ranks = 1;  // among those of this machine
  std::string address = "127.0.0.1";    // where rank 0 is, or the launcher that serves the store
  int port = 0;
  bool store_is_served = false;   // by the launcher: rank 0 must not
  std::string attempt = "0";      // of keys in the store; the same for all processes of a start
  std::optional<int> cores = {};  // of each process, where the launcher says it

  bool operator==(const Launched&) const = default;
};

/// What `variables` say; nothing for a process that was started alone. Read are, the innermost
/// launcher first: torchrun's and dbot's own (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE,
/// MASTER_ADDR, MASTER_PORT, TORCHELASTIC_*), Open MPI's (OMPI_COMM_WORLD_*) and those of a step of
/// Slurm (SLURM_*). RANK and WORLD_SIZE that no launcher of theirs set must agree with the others.
/// Throws UsageError for what is missing, is no number, contradicts itself or another launcher.
std::optional<Launched> launched(const Variables& variables);

/// Compute threads of a process where nobody chose: the cores that the launcher gave it, or its
/// share of the `usable` ones of this machine: all of them where it is `bound` to them, apart from
/// the others (is_bound_by_launcher). At least 1.
int default_threads(const Launched& launched, int usable, bool bound);

}  // namespace dbot::runtime
