#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/parameters.h"
#include "dbot/nn/vit/config.h"
#include "dbot/objectives/teacher_config.h"

namespace dbot::methods {

/// A teacher's network and the pixel normalisation its input wants (empty: the student's).
struct TeacherNetwork {
  nn::EncoderConfig config;
  std::shared_ptr<nn::ParameterStore> parameters;
  std::vector<double> mean, std;
  std::string channels_rule = {};  // how a file's channels became the student's; empty: they are
  std::vector<exchange::WeightsOrigin> origins = {};  // of published weights; students inherit them
};

/// The first stage's teacher, before the student exists: read from a file, or drawn at random. Its
/// token grid equals the student's: a patch size of its own gets the input size that makes it so.
/// Throws UsageError when no size fits or it has fewer blocks than are to be averaged, DataError
/// when the file is broken, or when its weights or features are not finite. docs/methods/dbot.md
/// §3.
TeacherNetwork make_initial_teacher(const objectives::TeacherConfig& config,
                                    const nn::EncoderConfig& student, std::uint64_t seed,
                                    const runtime::Device& device = {});

/// True if a random teacher has the student's shape, so that it starts as a copy of it.
bool copies_student(const objectives::TeacherConfig& config, const TeacherNetwork& teacher,
                    const nn::EncoderConfig& student);

}  // namespace dbot::methods
