#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/runtime/cuda/load.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/system_limits.h"

// What `dbot doctor` examines: each check names what was found and, where all is not well, the way
// out.
namespace dbot::tools {

enum class Status { ok, warning, problem };

struct Check {
  std::string subject;  // "memory"
  Status status = Status::ok;
  std::string finding;
  std::string way_out = {};  // empty: all is well
};

/// Processor, cores, memory, shared memory, open files.
std::vector<Check> check_machine(const runtime::Machine& machine,
                                 const runtime::SystemLimits& limits);
/// Driver, GPUs, LibTorch's CUDA library and the module, with their folders and versions, and what
/// is missing of them: a warning where there is a GPU, and no fault where there is none.
std::vector<Check> check_cuda(const runtime::cuda::Found& found,
                              const runtime::cuda::Places& places);
/// How threads are told to wait for each other; `spin_count` and `wait_policy` as the environment
/// has them, empty if unset.
Check check_waiting(const std::string& spin_count, const std::string& wait_policy);
/// Whether runs can be written there: folder (or the nearest one above it), room, inodes.
std::vector<Check> check_place(const std::string& subject, const std::filesystem::path& folder);
/// Opens the data set and reads a few images of it.
std::vector<Check> check_data(const std::filesystem::path& path);
/// Who trains there, how far it is, and whether its checkpoints are whole. `goes_on` is said where
/// nobody trains (report/text/command_texts.h).
std::vector<Check> check_run(const std::filesystem::path& run, const std::string& goes_on);

}  // namespace dbot::tools
