#include "dbot/train/checkpoint/checkpoint_state.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/json.h"

namespace dbot::train {
namespace {

using nlohmann::ordered_json;

std::int64_t counter(const ordered_json& document, const char* key) {
  const std::int64_t value = core::whole_number(document.at(key));
  if (value < 0) {
    throw DataError({.subject = key,
                     .fault = Fault::corrupt,
                     .reason = fmt::format("is {}, expected 0 or more", value)});
  }
  return value;
}

ordered_json to_json(const ValidationState& validation) {
  return {{"step", validation.step},
          {"best_step", validation.best_step},
          {"best", validation.best},
          {"without_better", validation.without_better}};
}

ValidationState validation_of(const ordered_json& document) {
  ValidationState validation;
  validation.step = counter(document, "step");
  validation.best_step = counter(document, "best_step");
  validation.best = document.at("best").get<double>();
  validation.without_better = counter(document, "without_better");
  return validation;
}

/// Boundaries of stages: from 0 on, none before the one in front of it.
std::vector<std::int64_t> boundaries_of(const ordered_json& document) {
  std::vector<std::int64_t> boundaries;
  for (const ordered_json& entry : document) {
    const std::int64_t step = core::whole_number(entry);
    if (step < (boundaries.empty() ? 0 : boundaries.back()) || (boundaries.empty() && step != 0)) {
      throw DataError({.subject = "stage_begin",
                       .fault = Fault::corrupt,
                       .reason = fmt::format("has {}, expected steps that rise from 0", step)});
    }
    boundaries.push_back(step);
  }
  return boundaries;
}

}  // namespace

std::string state_to_json(const Checkpoint& checkpoint) {
  const TrainState& state = checkpoint.state;
  ordered_json document = {{"step", state.step},
                           {"stage", state.stage},
                           {"skipped_steps", state.skipped_steps},
                           {"skipped_in_a_row", state.skipped_in_a_row},
                           {"images_seen", state.images_seen},
                           {"stage_end", checkpoint.stage_end},
                           {"fixed_choices", nullptr}};
  if (!checkpoint.stage_begin.empty()) document["stage_begin"] = checkpoint.stage_begin;
  if (checkpoint.validation.step > 0) document["validation"] = to_json(checkpoint.validation);
  if (!checkpoint.fixed_choices.empty()) {
    try {
      document["fixed_choices"] = ordered_json::parse(checkpoint.fixed_choices);
    } catch (const ordered_json::exception& problem) {
      throw Error({.operation = "checkpoint",
                   .subject = "the fixed choices",
                   .fault = Fault::corrupt,
                   .reason = fmt::format("are not JSON: {}", problem.what())});
    }
  }
  return document.dump(2) + "\n";
}

Checkpoint state_of_json(const std::string& text, const std::string& origin) {
  const auto fail = [&](const char* reason) {
    return DataError({.operation = "checkpoint",
                      .subject = origin,
                      .fault = Fault::corrupt,
                      .reason = fmt::format(": {} cannot be read: {}", kStateFile, reason)});
  };
  try {
    const auto document = core::parse_json<ordered_json>(text);
    Checkpoint checkpoint;
    checkpoint.state.step = counter(document, "step");
    checkpoint.state.stage = counter(document, "stage");
    checkpoint.state.skipped_steps = counter(document, "skipped_steps");
    // Checkpoints of the first version lack it.
    if (document.contains("skipped_in_a_row")) {
      checkpoint.state.skipped_in_a_row = counter(document, "skipped_in_a_row");
    }
    checkpoint.state.images_seen = counter(document, "images_seen");
    checkpoint.stage_end = document.at("stage_end").get<bool>();
    if (document.contains("stage_begin")) {
      checkpoint.stage_begin = boundaries_of(document["stage_begin"]);
    }
    if (document.contains("validation")) {
      checkpoint.validation = validation_of(document["validation"]);
    }
    const ordered_json& choices = document.at("fixed_choices");
    if (!choices.is_null()) checkpoint.fixed_choices = choices.dump();
    return checkpoint;
  } catch (const ordered_json::exception& problem) {
    throw fail(problem.what());
  } catch (const DataError& problem) {
    throw fail(problem.what());
  }
}

Checkpoint read_state(const std::filesystem::path& folder) {
  return state_of_json(core::read_text_file(folder / kStateFile), folder.string());
}

}  // namespace dbot::train
