#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "dbot/methods/method.h"

namespace dbot::test {

/// A system as the test is told of it.
struct System {
  std::string name;
  std::function<std::unique_ptr<methods::Method>(bool stored)> make;
  std::vector<std::string> scalars;
  std::string header;  // stands in the description of its backbone
  std::vector<std::string> exhibits = {};
  double weight_decay = 0.05;  // 0 of systems that refuse another one
};

void PrintTo(const System& system, std::ostream* out);

/// Small ones of every system in the catalogue, and one of the tests' own.
std::vector<System> all_systems();

}  // namespace dbot::test
