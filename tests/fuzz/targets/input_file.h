#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/core/temporary_folder.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

inline std::string_view text_of(Bytes input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

/// The input as files, for readers that take a path. Making a folder costs more than a read: keep
/// one, and write each of its files anew.
class InputFolder {
 public:
  const std::filesystem::path& path() const { return folder_.path(); }

  std::filesystem::path write(const std::string& name, Bytes content) const {
    const std::filesystem::path file = folder_ / name;
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text_of(content) << std::flush;
    if (!stream) throw std::runtime_error("cannot write " + file.string());
    return file;
  }

 private:
  test::TemporaryFolder folder_;
};

/// Ends the process where a promise does not hold, also in builds without assertions.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace dbot::fuzz
