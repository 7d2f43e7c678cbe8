#include "apps/dbot/commands/inspect_report.h"

#include <fmt/format.h>

#include <map>
#include <system_error>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/json.h"
#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/import/weight_checks.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/checkpoint/manifest.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

/// Metadata are texts; those that hold JSON are shown as such.
Json parsed(const std::string& text) {
  try {
    const auto json = core::parse_json<Json>(text);
    return json.is_object() || json.is_array() ? json : Json(text);
  } catch (const Json::exception&) {
    return text;
  } catch (const DataError&) {
    return text;
  }
}

/// "blocks" of "blocks.0.attn.qkv.weight".
std::string module_of(const std::string& tensor) {
  return tensor.substr(0, tensor.find('.'));
}

/// One tensor, in the list and in the sums of its module.
void add_tensor(Json& json, std::map<std::string, std::size_t>& places,
                const formats::StoredTensor& tensor) {
  const std::int64_t elements = tensor.elements();
  const std::uint64_t bytes =
      static_cast<std::uint64_t>(elements) * formats::element_size(tensor.type);
  json["tensors"].push_back({{"name", tensor.name},
                             {"type", formats::element_name(tensor.type)},
                             {"shape", tensor.shape},
                             {"elements", elements},
                             {"bytes", bytes}});
  const std::string module = module_of(tensor.name);
  const auto place = places.try_emplace(module, places.size());
  if (place.second) {
    json["modules"].push_back({{"name", module}, {"tensors", 0}, {"parameters", 0}, {"bytes", 0}});
  }
  Json& sum = json["modules"][place.first->second];
  sum["tensors"] = sum["tensors"].get<std::int64_t>() + 1;
  sum["parameters"] = sum["parameters"].get<std::int64_t>() + elements;
  sum["bytes"] = sum["bytes"].get<std::uint64_t>() + bytes;
}

/// The last record that says something about training: where the run stands.
Json progress_of(const fs::path& run) {
  Json json{{"step", 0}, {"finished", false}};
  for (const report::MetricsRecord& record : report::read_metrics(run / "metrics.jsonl")) {
    json["step"] = std::max(json["step"].get<std::int64_t>(), record.step);
    if (record.type == "end") json["finished"] = true;
    if (record.type != "step") continue;
    for (const char* key : {"epoch", "stage", "loss", "learning_rate"}) {
      const auto value = record.numbers.find(key);
      if (value != record.numbers.end()) json[key] = value->second;
    }
  }
  return json;
}

Json evaluations_of(const fs::path& run) {
  Json list = Json::array();
  for (const auto& record : report::read_evaluations(run / "metrics.jsonl")) {
    for (const auto& row : record.results) {
      Json json{{"label", record.label},
                {"protocol", row.protocol},
                {"features", row.features},
                {"top1", row.top1},
                {"top5", row.top5}};
      for (const auto& [name, value] : row.figures) json["figures"][name] = value;
      list.push_back(std::move(json));
    }
  }
  return list;
}

}  // namespace

Json describe_weights(const fs::path& file) {
  const auto source = exchange::WeightsSource::open(file);
  Json json{{"kind", "weights"}, {"path", file.string()}, {"container", source.container()}};
  std::uint64_t size = 0;
  for (const formats::WeightsFile& part : source.files()) size += part.size();
  json["bytes"] = size;
  json["metadata"] = Json::object();
  for (const auto& [key, value] : source.metadata()) json["metadata"][key] = parsed(value);
  std::int64_t parameters = 0;
  json["modules"] = Json::array();
  std::map<std::string, std::size_t> places;  // of each module in the list
  json["tensors"] = Json::array();
  for (const formats::WeightsFile& part : source.files()) {
    for (const formats::StoredTensor& tensor : part.tensors()) {
      parameters += tensor.elements();
      add_tensor(json, places, tensor);
    }
  }
  json["parameters"] = parameters;
  json["unread"] = Json::array();
  for (const formats::UnreadTensor& tensor : source.unread()) {
    json["unread"].push_back({{"name", tensor.name}, {"reason", tensor.reason}});
  }
  const exchange::ValueProblems problems = exchange::look_at_values(source);
  json["not_finite"] = problems.not_finite;
  for (const formats::UnreadTensor& tensor : problems.damaged) {
    json["unread"].push_back({{"name", tensor.name}, {"reason", tensor.reason}});
  }
  json["sources"] = Json::array();
  const auto config = json["metadata"].find(exchange::kEncoderConfigKey);
  if (config != json["metadata"].end() && config->is_object() && config->contains("sources")) {
    json["sources"] = (*config)["sources"];
  }
  json["values"] = Json::parse(source.files().front().values());
  return json;
}

Json describe_checkpoint(const fs::path& folder) {
  Json json{{"kind", "checkpoint"}, {"path", folder.string()}};
  try {
    const train::Checkpoint checkpoint = train::read_checkpoint(folder);
    json["whole"] = true;
    json["step"] = checkpoint.state.step;
    json["stage"] = checkpoint.state.stage + 1;
    json["images_seen"] = checkpoint.state.images_seen;
    json["stage_end"] = checkpoint.stage_end;
    json["tensors"] = checkpoint.tensors.size();
    json["fixed_choices"] = parsed(checkpoint.fixed_choices);
    std::uintmax_t bytes = 0;
    json["files"] = Json::array();
    for (const auto& [name, entry] : train::read_manifest(folder).files) {
      json["files"].push_back({{"name", name}, {"bytes", entry.bytes}});
      bytes += entry.bytes;
    }
    json["bytes"] = bytes;
  } catch (const Error& error) {
    json["whole"] = false;
    json["problem"] = error.what();
  }
  return json;
}

Json describe_checkpoints(const fs::path& folder) {
  Json json{{"kind", "checkpoints"}, {"path", folder.string()}, {"latest", nullptr}};
  std::error_code none;
  const fs::path latest = fs::read_symlink(folder / "latest", none);
  if (!none) json["latest"] = latest.string();
  json["checkpoints"] = Json::array();
  if (!fs::is_directory(folder)) return json;
  for (const fs::path& checkpoint : train::list_checkpoints(folder)) {
    json["checkpoints"].push_back(describe_checkpoint(checkpoint));
  }
  return json;
}

Json describe_facts(const fs::path& file) {
  const Json facts = Json::parse(core::read_text_file(file), nullptr, false);
  if (!facts.is_object() || !facts.contains("plan")) {
    throw DataError({.operation = "inspect",
                     .subject = file.string(),
                     .fault = Fault::unsupported,
                     .reason = "is not a run.json of dbot"});
  }
  return {{"kind", "facts"}, {"path", file.string()}, {"facts", facts}};
}

Json describe_run(const fs::path& folder) {
  const fs::path file = folder / "recipe.toml";
  Json json{{"kind", "run"}, {"path", folder.string()}};
  run::Recipe recipe = run::parse_recipe(core::read_text_file(file), file.string());
  json["recipe"] = Json::parse(run::bind(recipe).to_json());
  json["recipe_differences"] =
      core::toml_differences(run::to_toml(run::Recipe()), run::to_toml(recipe));
  json["progress"] = progress_of(folder);
  json["facts"] = nullptr;
  if (fs::exists(folder / "run.json")) {
    try {
      json["facts"] = describe_facts(folder / "run.json")["facts"];
    } catch (const DataError& error) {
      json["facts_problem"] = error.what();
    }
  }
  json["checkpoints"] = describe_checkpoints(folder / "checkpoints")["checkpoints"];
  json["evaluations"] = evaluations_of(folder);
  const fs::path model = folder / "model.safetensors";
  json["model"] = fs::exists(model) ? Json(model.string()) : Json(nullptr);
  return json;
}

}  // namespace dbot::app
