#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/clip_classification/clip_classification_config.h"
#include "dbot/methods/method.h"
#include "dbot/methods/surroundings.h"

// The entry of classified clips in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, ClipClassificationConfig& config);
void check(const ClipClassificationConfig& config, const Surroundings& surroundings);
Outline outline(const ClipClassificationConfig& config);
/// The head counts as one of 400 classes, since the data say how many there are.
MethodMemory plan_memory(const ClipClassificationConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const ClipClassificationConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const ClipClassificationConfig& config,
                                    const MakeContext& context);

}  // namespace dbot::methods
