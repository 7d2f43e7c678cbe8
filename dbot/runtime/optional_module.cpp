#include "dbot/runtime/optional_module.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::runtime {
namespace {

namespace fs = std::filesystem;

std::string way_to(const ModuleFile& file) {
  return fmt::format("install the package {}, or name the folder of {} in DBOT_MODULES",
                     file.package, file.file);
}

[[noreturn]] void fail(const ModuleFile& file, const std::string& reason, Fault fault) {
  throw Error(ErrorFields{.operation = "modules",
                          .subject = fmt::format("{} needs {}, which", file.purpose, file.file),
                          .fault = fault,
                          .reason = reason,
                          .way_out = way_to(file)});
}

}  // namespace

std::vector<fs::path> module_folders() {
  std::vector<fs::path> folders;
  const char* named = std::getenv("DBOT_MODULES");
  std::string_view rest = named == nullptr ? "" : named;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    if (end > 0) folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (error) return folders;
  folders.push_back(program.parent_path());
  folders.push_back(program.parent_path().parent_path() / "lib" / "dbot");
  return folders;
}

fs::path find_module(const ModuleFile& file, const std::vector<fs::path>& folders) {
  std::vector<std::string> looked;
  looked.reserve(folders.size());
  for (const auto& folder : folders) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / file.file, ignored)) return folder / file.file;
    looked.push_back(folder.string());
  }
  fail(file, fmt::format("is in none of {}", fmt::join(looked, ", ")), Fault::missing);
}

OptionalModule::OptionalModule(ModuleFile file, const std::vector<fs::path>& folders)
    : file_(std::move(file)), path_(find_module(file_, folders)) {
  void* opened = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    const char* reason = ::dlerror();
    fail(file_, fmt::format("cannot be loaded: {}", reason == nullptr ? "no reason" : reason),
         Fault::unreadable);
  }
  library_ = std::shared_ptr<void>(opened, [](void* library) { ::dlclose(library); });
}

void* OptionalModule::symbol(const std::string& name) const {
  void* found = ::dlsym(library_.get(), name.c_str());
  if (found == nullptr) refuse(fmt::format("has no {}", name));
  return found;
}

void OptionalModule::refuse(const std::string& reason) const {
  fail(file_, fmt::format("{} ({})", reason, path_.string()), Fault::mismatch);
}

}  // namespace dbot::runtime
