#pragma once

#include <cstdint>
#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/masked_modeling/masked_modeling_config.h"
#include "dbot/methods/method.h"
#include "dbot/methods/surroundings.h"

// Masked modelling's entry in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, MaskedModelingConfig& config);
void check(const MaskedModelingConfig& config, const Surroundings& surroundings);
Outline outline(const MaskedModelingConfig& config);
/// A teacher from a file counts as one of the student's size.
MethodMemory plan_memory(const MaskedModelingConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const MaskedModelingConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const MaskedModelingConfig& config, const MakeContext& context);

}  // namespace dbot::methods
