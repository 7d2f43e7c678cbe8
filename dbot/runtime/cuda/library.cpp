#include "dbot/runtime/cuda/library.h"

#include <ATen/Context.h>
#include <caffe2/core/common.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include "dbot/runtime/cuda/refused.h"

namespace dbot::runtime::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderVariable = "DBOT_LIBTORCH_CUDA";

/// "2.11.0" of "2.11.0+cu130".
std::string without_local_part(std::string_view version) {
  return std::string(version.substr(0, version.find('+')));
}

/// What stands between the first two quotes; empty without them.
std::string in_quotes(std::string_view line) {
  const auto begin = line.find_first_of("'\"");
  if (begin == std::string_view::npos) return "";
  const auto end = line.find(line[begin], begin + 1);
  if (end == std::string_view::npos) return "";
  return std::string(line.substr(begin + 1, end - begin - 1));
}

LibTorchBuild build_of_python(std::istream& file) {
  LibTorchBuild build;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("__version__")) build.version = without_local_part(in_quotes(line));
    if (line.starts_with("git_version")) build.commit = in_quotes(line);
    if (line.starts_with("cuda:") || line.starts_with("cuda =")) build.cuda = in_quotes(line);
  }
  return build;
}

LibTorchBuild build_of_header(std::istream& file) {
  bool next = false;
  for (std::string line; std::getline(file, line);) {
    if (next) return {.version = in_quotes(line), .commit = "", .cuda = ""};
    next = line.starts_with("#define TORCH_VERSION \\");
  }
  return {};
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::canonical(path, error);
  return error ? path : whole;
}

bool has_library(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kLibraryFile, ignored);
}

/// Folders below an environment of conda or Python where PyTorch's libraries lie.
std::vector<fs::path> torch_folders_in(const fs::path& environment) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(environment / "lib", error)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    found.push_back(entry.path() / "site-packages" / "torch" / "lib");
  }
  return found;
}

/// Why a library that was found is not the one; empty if it is.
std::optional<std::string> difference(const LibTorchBuild& found, const LibTorchBuild& wanted) {
  if (found.version.empty()) return "does not say of which version it is";
  if (found.version != wanted.version) return fmt::format("is of LibTorch {}", found.version);
  const bool both_known = !found.commit.empty() && !wanted.commit.empty();
  if (both_known && found.commit != wanted.commit) {
    return fmt::format("is of another build of LibTorch {} ({:.12})", found.version, found.commit);
  }
  return std::nullopt;
}

std::string way_to(const LibTorchBuild& wanted) {
  return fmt::format(
      "install PyTorch {0} with CUDA (pip install torch=={0}) and name its torch/ folder in {1}",
      wanted.version, kFolderVariable);
}

}  // namespace

LibTorchBuild running_libtorch() {
  const auto& options = caffe2::GetBuildOptions();
  const auto value = [&options](const char* key) {
    const auto found = options.find(key);
    return found == options.end() ? std::string() : found->second;
  };
  return {.version = without_local_part(value("TORCH_VERSION")),
          .commit = value("COMMIT_SHA"),
          .cuda = value("CUDA_VERSION")};
}

fs::path running_libtorch_folder() {
  Dl_info place{};
  if (::dladdr(reinterpret_cast<const void*>(&at::globalContext), &place) == 0) return {};
  return resolved(place.dli_fname).parent_path();
}

LibTorchBuild libtorch_build_in(const fs::path& folder) {
  const fs::path above = folder.parent_path();
  if (std::ifstream file(above / "version.py"); file) return build_of_python(file);
  if (std::ifstream file(above / "build-version"); file) {
    std::string line;
    std::getline(file, line);
    return {.version = without_local_part(line), .commit = "", .cuda = ""};
  }
  std::ifstream header(above / "include" / "torch" / "headeronly" / "version.h");
  return header ? build_of_header(header) : LibTorchBuild{};
}

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  if (const fs::path running = running_libtorch_folder(); !running.empty()) {
    folders.push_back(running);
  }
  const char* named = std::getenv(kFolderVariable);
  if (named == nullptr || *named == '\0') return folders;
  const fs::path given(named);
  folders.push_back(given);
  folders.push_back(given / "lib");
  for (fs::path& folder : torch_folders_in(given)) folders.push_back(std::move(folder));
  return folders;
}

LibraryPlace find_library(const std::vector<fs::path>& folders, const LibTorchBuild& wanted) {
  std::vector<std::string> looked, differences;
  const fs::path running = running_libtorch_folder();
  for (const fs::path& folder : folders) {
    looked.push_back(folder.string());  // NOLINT(performance-inefficient-vector-operation)
    if (!has_library(folder)) continue;
    // A link leads to the library, and its version stands where that lies.
    const fs::path file = resolved(folder / kLibraryFile);
    LibTorchBuild build = libtorch_build_in(file.parent_path());
    if (build.version.empty() && file.parent_path() == running) build = wanted;
    const auto other = difference(build, wanted);
    if (!other) return {.file = file, .build = std::move(build)};
    differences.push_back(fmt::format("{} {}", file.string(), *other));
  }
  const bool none = differences.empty();
  throw Refused(none ? Obstacle::no_library : Obstacle::other_library,
                {.operation = "cuda",
                 .subject = none ? std::string(kLibraryFile) : "LibTorch's CUDA library",
                 .fault = none ? Fault::missing : Fault::mismatch,
                 .reason = none ? fmt::format("is in none of {}", fmt::join(looked, ", "))
                                : fmt::format("is of another version than this LibTorch, {}: {}",
                                              wanted.version, fmt::join(differences, "; ")),
                 .way_out = way_to(wanted)});
}

}  // namespace dbot::runtime::cuda
