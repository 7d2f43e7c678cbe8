#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// The house: its modules and their rooms, in the order in which they may include each other.
namespace dbot::support {

/// A module's rooms from the first to the last. "vit" is a sub-folder with all that is below it,
/// "plan.h" one unit at the module's root (plan.h, plan.cpp, plan_….cpp), "." all other files
/// there.
struct Module {
  std::string name;
  std::vector<std::string> rooms;
};

/// From the first to the last: a module may include only itself and those before it. The last is
/// the command line, whose root is apps/dbot.
const std::vector<Module>& modules_in_order();

/// Numbers of a module and of its room. Smaller ones may be included by larger ones.
struct Place {
  std::size_t module = 0;
  std::size_t room = 0;
};

/// Where a file of the checkout belongs. Empty if its folder is no module, or no room of it.
std::optional<Place> place_of(const std::filesystem::path& file);

}  // namespace dbot::support
