#include "tests/support/house.h"

#include <algorithm>

namespace fs = std::filesystem;

namespace dbot::support {
namespace {

std::optional<std::size_t> find_room(const Module& module, const std::string& room) {
  const auto found = std::ranges::find(module.rooms, room);
  if (found == module.rooms.end()) return std::nullopt;
  return static_cast<std::size_t>(found - module.rooms.begin());
}

}  // namespace

const std::vector<Module>& modules_in_order() {
  static const std::vector<Module> modules{
      {"core", {".", "files", "settings"}},
      {"formats", {".", "safetensors", "torch", "onnx"}},
      {"runtime", {".", "no_cuda"}},
      {"simd", {"."}},
      {"ops", {".", "reference", "cpu", "no_cuda"}},
      {"nn", {".", "vit"}},
      {"exchange", {".", "names", "import", "onnx", "export"}},
      {"data", {".", "kernels", "image", "augment", "sources", "loader", "audit"}},
      {"masking", {"."}},
      {"objectives", {"."}},
      {"optim", {"."}},
      {"methods", {".", "masked_modeling", "catalogue.h"}},
      {"train", {"plan.h", "observer.h", "checkpoint", "capture", "."}},
      {"eval", {"frozen"}},
      {"report", {".", "text", "metrics", "pictures", "advice", "page", "terminal"}},
      {"run", {"recipe", "facts", "pretrain", "stored"}},
      {"tools", {".", "bench", "doctor"}},
      {"apps", {"terminal", "commands.h", "shell", "commands", "."}},
  };
  return modules;
}

std::optional<Place> place_of(const fs::path& file) {
  const std::vector<std::string> parts(file.begin(), file.end());
  // "dbot/nn/…" and "apps/dbot/…"; after these two come the room's folders and the file.
  if (parts.size() < 3 || (parts[0] != "dbot" && parts[0] != "apps")) return std::nullopt;
  const std::string& name = parts[0] == "apps" ? parts[0] : parts[1];
  const std::vector<Module>& modules = modules_in_order();
  const auto module = std::ranges::find(modules, name, &Module::name);
  if (module == modules.end()) return std::nullopt;

  const bool at_root = parts.size() == 3;
  auto room = find_room(*module, at_root ? file.stem().string() + ".h" : parts[2]);
  if (!room && at_root) room = find_room(*module, ".");
  if (!room) return std::nullopt;
  return Place{.module = static_cast<std::size_t>(module - modules.begin()), .room = *room};
}

}  // namespace dbot::support
