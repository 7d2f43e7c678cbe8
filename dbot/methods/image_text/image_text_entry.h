#pragma once

#include <memory>

#include "dbot/core/settings/settings.h"
#include "dbot/methods/image_text/image_text_config.h"
#include "dbot/methods/method.h"
#include "dbot/methods/surroundings.h"

// The entry of images with texts in the catalogue; what each function is for stands there.
namespace dbot::methods {

void bind(core::Settings& settings, ImageTextConfig& config);
void check(const ImageTextConfig& config, const Surroundings& surroundings);
Outline outline(const ImageTextConfig& config);
MethodMemory plan_memory(const ImageTextConfig& config, const Surroundings& surroundings);
std::unique_ptr<Method> make(const ImageTextConfig& config, const MakeContext& context);
std::unique_ptr<Method> make_stored(const ImageTextConfig& config, const MakeContext& context);

}  // namespace dbot::methods
