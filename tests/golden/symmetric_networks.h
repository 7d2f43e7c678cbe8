#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "dbot/nn/vit/masked_encoder.h"
#include "dbot/objectives/teacher.h"
#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

// The networks of the symmetric variant as its reference files describe them.
namespace dbot::golden {

/// A BEiT-style encoder; `config` is the file's description of the student.
nn::EncoderConfig symmetric_encoder_config(const nlohmann::json& config, std::int64_t channels,
                                           const runtime::NamedTensors& weights);

/// BEiT stores its table of relative positions among the weights: compares it with ours and takes
/// it out.
void take_position_indices(runtime::NamedTensors& weights, core::Size grid, Comparison& comparison);

/// The student of `config`'s "student" with the weights under `prefix`.
nn::MaskedEncoder read_masked_encoder(const Fixture& fixture, const std::string& prefix,
                                      std::int64_t channels, Comparison& comparison);

/// CLIP's visual tower from tensors under OpenAI's names.
objectives::Teacher make_clip_teacher(const nlohmann::json& config, std::int64_t channels,
                                      const runtime::NamedTensors& weights);

}  // namespace dbot::golden
