#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/method.h"
#include "dbot/methods/supermask_tasks/supermask_config.h"
#include "dbot/methods/surroundings.h"

// The entry of supermask tasks in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, SupermaskConfig& config);
void check(const SupermaskConfig& config, const Surroundings& surroundings);
Outline outline(const SupermaskConfig& config);
MethodMemory plan_memory(const SupermaskConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const SupermaskConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const SupermaskConfig& config, const MakeContext& context);

}  // namespace dbot::methods
