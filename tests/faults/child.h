#pragma once

#include <filesystem>
#include <functional>
#include <string>

// Work in a process of its own, which may be killed and whose file operations may fail.
namespace dbot::faults {

struct Ending {
  int code = -1;        // exit code, or 128 + the signal that ended it
  long operations = 0;  // on files under the root
  std::string said;     // what the work said
};

/// Where `work` says something; kept even if the process is killed.
using Say = std::function<void(const std::string&)>;

/// Forks, puts `plan` (shim/fault_plan.h) over the files under `root` and calls `work` for an exit
/// code. The caller must not have computed with tensors: their threads do not survive a fork.
Ending in_child(const std::string& plan, const std::filesystem::path& root,
                const std::function<int(const Say&)>& work);

}  // namespace dbot::faults
