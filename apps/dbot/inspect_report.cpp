#include "apps/dbot/inspect_report.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/core/files.h"
#include "dbot/core/json.h"
#include "dbot/formats/safetensors.h"
#include "dbot/report/metrics.h"
#include "dbot/run/recipe.h"
#include "dbot/train/checkpoint.h"

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
      list.push_back({{"label", record.label},
                      {"protocol", row.protocol},
                      {"features", row.features},
                      {"top1", row.top1},
                      {"top5", row.top5}});
    }
  }
  return list;
}

}  // namespace

Json describe_weights(const fs::path& file) {
  const auto weights = formats::SafetensorsFile::open(file);
  Json json{{"kind", "weights"}, {"path", file.string()}};
  json["bytes"] = static_cast<std::int64_t>(fs::file_size(file));
  json["metadata"] = Json::object();
  for (const auto& [key, value] : weights.metadata()) json["metadata"][key] = parsed(value);
  std::int64_t parameters = 0;
  json["tensors"] = Json::array();
  for (const formats::TensorBytes& tensor : weights.tensors()) {
    const auto elements =
        static_cast<std::int64_t>(tensor.data.size() / formats::element_size(tensor.type));
    parameters += elements;
    json["tensors"].push_back({{"name", tensor.name},
                               {"type", formats::element_name(tensor.type)},
                               {"shape", tensor.shape},
                               {"elements", elements}});
  }
  json["parameters"] = parameters;
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
  } catch (const Error& error) {
    json["whole"] = false;
    json["problem"] = error.what();
  }
  return json;
}

Json describe_run(const fs::path& folder) {
  const fs::path file = folder / "recipe.toml";
  Json json{{"kind", "run"}, {"path", folder.string()}};
  run::Recipe recipe = run::parse_recipe(core::read_text_file(file), file.string());
  json["recipe"] = Json::parse(run::bind(recipe).to_json());
  json["recipe_differences"] =
      core::toml_differences(run::to_toml(run::Recipe()), run::to_toml(recipe));
  json["progress"] = progress_of(folder);
  json["checkpoints"] = Json::array();
  const fs::path checkpoints = folder / "checkpoints";
  if (fs::is_directory(checkpoints)) {
    for (const fs::path& checkpoint : train::list_checkpoints(checkpoints)) {
      json["checkpoints"].push_back(describe_checkpoint(checkpoint));
    }
  }
  json["evaluations"] = evaluations_of(folder);
  const fs::path model = folder / "model.safetensors";
  json["model"] = fs::exists(model) ? Json(model.string()) : Json(nullptr);
  return json;
}

}  // namespace dbot::app
