#include "dbot/core/files/lock_state.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>

namespace dbot::core {

// By the kernel's list, whose lines are "1: FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF".
// The number of a device differs between views of one file system, so the holder's own word
// decides.
bool is_locked(const std::filesystem::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return false;
  std::ifstream file(path, std::ios::binary);
  std::string holder;
  std::getline(file, holder);
  std::ifstream locks("/proc/locks");
  std::string number, kind, advisory, access, process, where;
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    words >> number >> kind >> advisory >> access >> process >> where;
    const std::string inode = where.substr(where.rfind(':') + 1);
    if (kind == "FLOCK" && inode == std::to_string(about.st_ino) &&
        holder == "process " + process) {
      return true;
    }
  }
  return false;
}

}  // namespace dbot::core
