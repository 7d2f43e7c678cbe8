#include "dbot/run/fixed_choices.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/run/resolve.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {

std::string fixed_choices(const Recipe& recipe, const data::Dataset& dataset) {
  return nlohmann::ordered_json{{"precision", runtime::name(precision_of(recipe))},
                                {"threads", recipe.compute.threads},
                                {"images", dataset.size()},
                                {"libtorch", runtime::describe_machine().libtorch_version},
                                {"instruction_set", runtime::describe_machine().instruction_set}}
      .dump();
}

void check_fixed_choices(const std::string& stored, const std::string& now, const core::Log& log) {
  const auto before = nlohmann::json::parse(stored, nullptr, false);
  const auto after = nlohmann::json::parse(now, nullptr, false);
  if (!before.is_object() || !after.is_object()) return;
  if (before.contains("images") && before["images"] != after["images"]) {
    throw DataError(
        fmt::format("[resume] the data set has {} images, this run was begun with {}; restore the "
                    "data, or begin "
                    "a new run with another --out",
                    after["images"].dump(), before["images"].dump()));
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
