#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/method.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_config.h"
#include "dbot/methods/surroundings.h"

// The entry of policies for several labels in the catalogue; what each function is for stands
// there.
namespace dbot::methods {

void bind(core::Settings& settings, PolicyMultilabelConfig& config);
void check(const PolicyMultilabelConfig& config, const Surroundings& surroundings);
Outline outline(const PolicyMultilabelConfig& config);
/// Counts 100 labels, since the data say how many there are.
MethodMemory plan_memory(const PolicyMultilabelConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const PolicyMultilabelConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const PolicyMultilabelConfig& config,
                                    const MakeContext& context);

}  // namespace dbot::methods
