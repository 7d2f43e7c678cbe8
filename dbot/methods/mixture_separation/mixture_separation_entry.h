#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/method.h"
#include "dbot/methods/mixture_separation/mixture_separation_config.h"
#include "dbot/methods/surroundings.h"

// The entry of mixture separation in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, MixtureSeparationConfig& config);
void check(const MixtureSeparationConfig& config, const Surroundings& surroundings);
Outline outline(const MixtureSeparationConfig& config);
MethodMemory plan_memory(const MixtureSeparationConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const MixtureSeparationConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const MixtureSeparationConfig& config,
                                    const MakeContext& context);

}  // namespace dbot::methods
