#include "tests/support/house.h"

#include <algorithm>

namespace fs = std::filesystem;

namespace dbot::support {
namespace {

/// The first room that the test finds.
template <typename Test>
std::optional<std::size_t> find_room(const Module& module, const Test& test) {
  const auto found = std::ranges::find_if(module.rooms, test);
  if (found == module.rooms.end()) return std::nullopt;
  return static_cast<std::size_t>(found - module.rooms.begin());
}

/// The room of a file at the module's root: its unit's, or else the one of all other files.
std::optional<std::size_t> room_at_root(const Module& module, const fs::path& file) {
  const std::string stem = file.stem().string();
  const auto of_unit = [&](const std::string& room) {
    if (!room.ends_with(".h")) return false;
    const std::string unit = room.substr(0, room.size() - 2);
    return stem == unit || stem.starts_with(unit + "_");
  };
  if (const auto room = find_room(module, of_unit)) return room;
  return find_room(module, [](const std::string& room) { return room == "."; });
}

}  // namespace

const std::vector<Module>& modules_in_order() {
  static const std::vector<Module> modules{
      {"core", {".", "files", "settings"}},
      {"formats", {".", "safetensors", "torch", "onnx"}},
      {"runtime", {".", "cuda", "launch", "process_group", "heartbeat.h"}},
      {"simd", {"."}},
      {"ops", {".", "reference", "cpu", "cuda", "gpu"}},
      {"nn", {".", "vit", "joint", "clip", "convolution", "masked"}},
      {"exchange",
       {".", "names", "kinds", "import", "onnx", "export", "video", "convolution", "joint"}},
      {"data",
       {".", "tasks", "kernels", "image", "augment", "video", "sources", "text", "loader",
        "audit"}},
      {"masking", {"."}},
      {"objectives", {"."}},
      {"optim", {"."}},
      {"methods",
       {".", "capabilities", "start", "classification", "masked_modeling", "siamese",
        "mixture_separation", "image_text", "masked_clips", "clip_classification",
        "supermask_tasks", "policy_multilabel", "catalogue.h"}},
      {"train",
       {"plan.h", "observer.h", "step_share.h", "checkpoint", "capture", "late", "ranks", "."}},
      {"eval", {"kinds", "frozen", "search", "classifier", "analysis", "multilabel", "continual"}},
      {"report", {".", "text", "metrics", "pictures", "advice", "page", "terminal"}},
      {"run", {"recipe", "facts", "start", "training_data", "pretrain", "stored"}},
      {"tools", {".", "search", "bench", "start", "doctor"}},
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

  const auto room =
      parts.size() == 3
          ? room_at_root(*module, file)
          : find_room(*module, [&](const std::string& folder) { return folder == parts[2]; });
  if (!room) return std::nullopt;
  return Place{.module = static_cast<std::size_t>(module - modules.begin()), .room = *room};
}

}  // namespace dbot::support
