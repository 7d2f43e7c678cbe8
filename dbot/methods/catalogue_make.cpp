// Apart from catalogue.cpp, so that a program that reads recipes alone links no networks.
#include "dbot/methods/catalogue.h"

namespace dbot::methods::catalogue {

MethodMemory plan_memory(const MethodConfig& config, const Surroundings& surroundings) {
  return std::visit([&](const auto& system) { return methods::plan_memory(system, surroundings); },
                    config);
}

std::unique_ptr<Method> make(const MethodConfig& config, const MakeContext& context) {
  return std::visit([&](const auto& system) { return methods::make(system, context); }, config);
}

std::unique_ptr<Method> make_stored(const MethodConfig& config, const MakeContext& context) {
  return std::visit([&](const auto& system) { return methods::make_stored(system, context); },
                    config);
}

}  // namespace dbot::methods::catalogue
