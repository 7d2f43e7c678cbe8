#include "dbot/run/pretrain/fixed_choices.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/json.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/data_fingerprint.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {

namespace {

using nlohmann::ordered_json;

/// Checkpoints of the first version know the number of images alone.
DataFingerprint fingerprint_of(const ordered_json& choices) {
  DataFingerprint result;
  result.images = core::whole_number(choices.at("images"));
  if (!choices.contains("data")) return result;
  const auto& data = choices.at("data");
  result.piece = core::whole_number(data.at("piece"));
  result.stride = data.value("stride", std::int64_t{1});  // 1 in older checkpoints
  result.names = data.at("names").get<std::vector<std::string>>();
  result.sizes = data.at("sizes").get<std::vector<std::string>>();
  return result;
}

void check_data(const ordered_json& before, const ordered_json& after,
                const data::Dataset& dataset) {
  const DataFingerprint was = fingerprint_of(before);
  DataFingerprint is = fingerprint_of(after);
  if (was.names.empty()) is = {is.images, was.piece, 1, {}, {}};
  const std::string problem = difference(was, is, dataset);
  if (problem.empty()) return;
  throw DataError({.operation = "resume",
                   .subject = "the data",
                   .fault = Fault::mismatch,
                   .reason = "are not those the run was begun with: " + problem,
                   .way_out = "restore them, or begin a new run in another folder"});
}

void check_texts(const ordered_json& before, const ordered_json& after) {
  const std::string was = before.value("texts", ""), is = after.value("texts", "");
  if (was == is) return;
  throw DataError({.operation = "resume",
                   .subject = "the texts",
                   .fault = Fault::mismatch,
                   .reason = "are not those the run was begun with: vocabulary, captions or texts "
                             "without an image have changed",
                   .way_out = "restore them, or begin a new run in another folder"});
}

}  // namespace

std::string fixed_choices(const Recipe& recipe, const data::Dataset& dataset,
                          const std::vector<std::filesystem::path>& data,
                          const std::string& texts) {
  const DataFingerprint known_by = fingerprint(dataset, data);
  ordered_json choices{{"precision", runtime::name(precision_of(recipe))},
                       {"threads", recipe.compute.threads},
                       {"images", dataset.size()},
                       {"libtorch", runtime::describe_machine().libtorch_version},
                       {"instruction_set", runtime::describe_machine().instruction_set},
                       {"data",
                        {{"piece", known_by.piece},
                         {"stride", known_by.stride},
                         {"names", known_by.names},
                         {"sizes", known_by.sizes}}}};
  if (!texts.empty()) choices["texts"] = texts;
  return choices.dump();
}

void check_fixed_choices(const std::string& stored, const std::string& now,
                         const data::Dataset& dataset, const core::Log& log) {
  const auto before = ordered_json::parse(stored, nullptr, false);
  const auto after = ordered_json::parse(now, nullptr, false);
  if (!before.is_object() || !after.is_object()) return;
  try {
    check_data(before, after, dataset);
    check_texts(before, after);
  } catch (const ordered_json::exception& problem) {
    throw DataError({.operation = "resume",
                     .subject = "the checkpoint's state",
                     .fault = Fault::corrupt,
                     .reason = fmt::format("cannot be read: {}", problem.what())});
  }
  for (const char* key : {"libtorch", "instruction_set"}) {
    if (!before.contains(key) || before[key] == after[key]) continue;
    log(core::LogLevel::warning,
        fmt::format(
            "{} was {} and is {} now: the run goes on, but not bit for bit as it would have", key,
            before[key].dump(), after[key].dump()));
  }
}

}  // namespace dbot::run
