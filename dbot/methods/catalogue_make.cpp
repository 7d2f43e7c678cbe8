// Apart from catalogue.cpp, so that a program that reads recipes alone links no networks.
#include "dbot/methods/catalogue.h"

namespace dbot::methods::catalogue {

std::unique_ptr<Method> make(const MethodConfig& config, std::uint64_t seed) {
  return std::visit([&](const auto& system) { return methods::make(system, seed); }, config);
}

std::unique_ptr<Method> make_stored(const MethodConfig& config, std::uint64_t seed) {
  return std::visit([&](const auto& system) { return methods::make_stored(system, seed); }, config);
}

}  // namespace dbot::methods::catalogue
