#include "dbot/run/facts/stored_facts.h"

#include <exception>
#include <nlohmann/json.hpp>

#include "dbot/core/files/files.h"
#include "dbot/core/json.h"

namespace dbot::run {
namespace {

using nlohmann::json;

json read_object(const std::filesystem::path& file) {
  try {
    return core::parse_json(core::read_text_file(file));
  } catch (const std::exception&) {
    return {};
  }
}

/// A path that is there: as it was given, or from where the run was begun.
std::filesystem::path found_again(const std::string& given, const std::string& absolute) {
  std::error_code none;
  const bool there = std::filesystem::exists(given, none);
  return there || absolute.empty() ? given : absolute;
}

}  // namespace

StoredFacts read_stored_facts(const std::filesystem::path& run) {
  StoredFacts facts;
  const json stored = read_object(run / "run.json");
  if (!stored.is_object()) return facts;
  try {
    facts.recipe = stored.value("recipe", facts.recipe);
    const json& data = stored.at("data");
    if (!data.contains("sources")) {  // of an older version
      const std::string path = data.at("path").get<std::string>();
      facts.sources = {path};
      return facts;
    }
    for (const json& source : data.at("sources")) {
      facts.sources.push_back(
          found_again(source.at("path").get<std::string>(), source.value("absolute", "")));
    }
  } catch (const json::exception&) {
    facts.sources.clear();
  }
  return facts;
}

}  // namespace dbot::run
