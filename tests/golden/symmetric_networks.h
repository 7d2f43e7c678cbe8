#pragma once

#include <nlohmann/json.hpp>

#include "dbot/nn/vit/masked_encoder.h"
#include "dbot/objectives/teacher.h"
#include "tests/golden/support/fixture.h"

// The networks of the symmetric variant as its reference files describe them.
namespace dbot::golden {

/// A BEiT-style encoder; `config` is the file's description of the student.
nn::EncoderConfig symmetric_encoder_config(const nlohmann::json& config, std::int64_t channels,
                                           const runtime::NamedTensors& weights);

nn::MaskedEncoder make_masked_encoder(const nlohmann::json& config, std::int64_t channels,
                                      const runtime::NamedTensors& weights);

/// CLIP's visual tower from tensors under OpenAI's names.
objectives::Teacher make_clip_teacher(const nlohmann::json& config, std::int64_t channels,
                                      const runtime::NamedTensors& weights);

}  // namespace dbot::golden
