#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dbot::runtime {

/// A part of dbot that is a shared library of its own, since it needs what not everyone has.
struct ModuleFile {
  std::string file;     // "libdbot_video.so"
  std::string package;  // that brings it: "dbot-video"
  std::string purpose;  // "reading videos", for messages
};

/// Where such files are looked for, in this order: the folders of DBOT_MODULES, which colons
/// separate; the program's own folder; lib/dbot beside it, as it is installed.
std::vector<std::filesystem::path> module_folders();

/// The first of the folders' files. Throws Error, naming the package, where there is none.
std::filesystem::path find_module(const ModuleFile& file,
                                  const std::vector<std::filesystem::path>& folders);

/// An opened one; it stays open as long as the object lives.
class OptionalModule {
 public:
  /// Throws Error, naming the package, where there is none or the system cannot load it.
  explicit OptionalModule(ModuleFile file,
                          const std::vector<std::filesystem::path>& folders = module_folders());

  /// Throws Error, naming the package, if the module has no such symbol.
  void* symbol(const std::string& name) const;
  /// What to say of a module that does not fit this program.
  [[noreturn]] void refuse(const std::string& reason) const;

 private:
  ModuleFile file_;
  std::filesystem::path path_;
  std::shared_ptr<void> library_;
};

}  // namespace dbot::runtime
