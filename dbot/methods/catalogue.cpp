#include "dbot/methods/catalogue.h"

#include <utility>

namespace dbot::methods::catalogue {
namespace {

template <std::size_t... kIndices>
std::vector<std::string> kinds_of(std::index_sequence<kIndices...>) {
  return {std::variant_alternative_t<kIndices, MethodConfig>::kKind...};
}

using Indices = std::make_index_sequence<std::variant_size_v<MethodConfig>>;

template <std::size_t kIndex = 0>
MethodConfig default_of(std::size_t kind) {
  if constexpr (kIndex + 1 < std::variant_size_v<MethodConfig>) {
    if (kind != kIndex) return default_of<kIndex + 1>(kind);
  }
  return MethodConfig(std::in_place_index<kIndex>);
}

}  // namespace

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> all = kinds_of(Indices());
  return all;
}

MethodConfig default_config(std::size_t kind) {
  return default_of(kind);
}

void bind(core::Settings& settings, MethodConfig& config) {
  std::visit([&](auto& system) { methods::bind(settings, system); }, config);
}

void check(const MethodConfig& config, const Surroundings& surroundings) {
  std::visit([&](const auto& system) { methods::check(system, surroundings); }, config);
}

Outline outline(const MethodConfig& config) {
  return std::visit([](const auto& system) { return methods::outline(system); }, config);
}

}  // namespace dbot::methods::catalogue
