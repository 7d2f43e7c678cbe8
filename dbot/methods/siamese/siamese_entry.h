#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/method.h"
#include "dbot/methods/siamese/siamese_config.h"
#include "dbot/methods/surroundings.h"

// The entry of siamese networks in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, SiameseConfig& config);
void check(const SiameseConfig& config, const Surroundings& surroundings);
Outline outline(const SiameseConfig& config);
MethodMemory plan_memory(const SiameseConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const SiameseConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const SiameseConfig& config, const MakeContext& context);

}  // namespace dbot::methods
