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

Checkpoint read_state(const std::filesystem::path& folder) {
  const auto fail = [&](const char* reason) {
    return DataError({.operation = "checkpoint",
                      .subject = folder.string(),
                      .fault = Fault::corrupt,
                      .reason = fmt::format(": {} cannot be read: {}", kStateFile, reason)});
  };
  try {
    const auto document = core::parse_json<ordered_json>(core::read_text_file(folder / kStateFile));
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
    const ordered_json& choices = document.at("fixed_choices");
    if (!choices.is_null()) checkpoint.fixed_choices = choices.dump();
    return checkpoint;
  } catch (const ordered_json::exception& problem) {
    throw fail(problem.what());
  } catch (const DataError& problem) {
    throw fail(problem.what());
  }
}

}  // namespace dbot::train
