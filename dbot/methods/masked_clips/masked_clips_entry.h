#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/masked_clips/masked_clips_config.h"
#include "dbot/methods/method.h"
#include "dbot/methods/surroundings.h"

// The entry of masked clips in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, MaskedClipsConfig& config);
void check(const MaskedClipsConfig& config, const Surroundings& surroundings);
Outline outline(const MaskedClipsConfig& config);
MethodMemory plan_memory(const MaskedClipsConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const MaskedClipsConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const MaskedClipsConfig& config, const MakeContext& context);

}  // namespace dbot::methods
