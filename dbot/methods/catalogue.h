#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/classification/classification_entry.h"
#include "dbot/methods/clip_classification/clip_classification_entry.h"
#include "dbot/methods/image_text/image_text_entry.h"
#include "dbot/methods/masked_clips/masked_clips_entry.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"
#include "dbot/methods/method.h"
#include "dbot/methods/mixture_separation/mixture_separation_entry.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_entry.h"
#include "dbot/methods/siamese/siamese_entry.h"
#include "dbot/methods/supermask_tasks/supermask_entry.h"
#include "dbot/methods/surroundings.h"

// The closed list of learning systems.
//
// A system is an alternative of `MethodConfig` and has, beside its configuration, these overloads
// (masked_modeling_entry.h is the example): `bind`, `check`, `outline`, `plan_memory`, `make`,
// `make_stored`. One that lacks an overload does not compile. There is no registry and no macro.
namespace dbot::methods {

using MethodConfig =
    std::variant<MaskedModelingConfig, ClassificationConfig, SiameseConfig, MixtureSeparationConfig,
                 ImageTextConfig, MaskedClipsConfig, ClipClassificationConfig, SupermaskConfig,
                 PolicyMultilabelConfig>;

}  // namespace dbot::methods

namespace dbot::methods::catalogue {

/// Values of the recipe key method.kind, in the order of the alternatives.
const std::vector<std::string>& kinds();

/// The defaults of a system: kinds()[kind].
MethodConfig default_config(std::size_t kind);

/// Names the system's keys. `settings` holds the common keys already.
void bind(core::Settings& settings, MethodConfig& config);

/// Throws UsageError unless the values fit each other and what surrounds them.
void check(const MethodConfig& config, const Surroundings& surroundings);

/// What the rest of the program needs to know of a system before it is made.
Outline outline(const MethodConfig& config);

/// From sizes alone; nothing is measured.
MethodMemory plan_memory(const MethodConfig& config, const Surroundings& surroundings);

/// A system that begins with its first stage. Reads the files that the configuration names, once.
/// Throws UsageError where what it finds does not fit, DataError where it is broken.
std::unique_ptr<Method> make(const MethodConfig& config, const MakeContext& context);

/// One that goes on from a state: `load_state` brings what `make` would read.
std::unique_ptr<Method> make_stored(const MethodConfig& config, const MakeContext& context);

}  // namespace dbot::methods::catalogue
