#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/classification/classification_config.h"
#include "dbot/methods/method.h"
#include "dbot/methods/surroundings.h"

// The entry of classification in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, ClassificationConfig& config);
void check(const ClassificationConfig& config, const Surroundings& surroundings);
Outline outline(const ClassificationConfig& config);
/// The head counts as one of 1000 classes, since the data say how many there are.
MethodMemory plan_memory(const ClassificationConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const ClassificationConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const ClassificationConfig& config, const MakeContext& context);

}  // namespace dbot::methods
