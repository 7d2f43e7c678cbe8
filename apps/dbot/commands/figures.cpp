#include "apps/dbot/commands/figures.h"

#include <nlohmann/json.hpp>

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;

// Texts may hold bytes of file names that are not UTF-8.
std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json accuracies(const eval::EvaluationRow& row) {
  Json json{{"protocol", row.protocol},
            {"features", row.features},
            {"top1", row.top1},
            {"top5", row.top5}};
  for (const auto& [name, value] : row.figures) json["figures"][name] = value;
  return json;
}

/// The spread over seeds, and what each gave; null for one seed.
void add_seeds(Json& result, const eval::EvaluationRow& row) {
  const bool several = !row.seeds.empty();
  result["top1_spread"] = several ? Json(row.top1_spread) : Json(nullptr);
  result["top5_spread"] = several ? Json(row.top5_spread) : Json(nullptr);
  result["by_seed"] = Json::array();
  for (const auto& [seed, top1, top5] : row.seeds) {
    result["by_seed"].push_back({{"seed", seed}, {"top1", top1}, {"top5", top5}});
  }
}

/// The best row's accuracies as "top1" and "top5"; null without any.
void add_best(Json& json, const std::vector<eval::EvaluationRow>& rows) {
  json["top1"] = nullptr;
  json["top5"] = nullptr;
  double best = -1;
  for (const auto& row : rows) {
    if (!(row.top1 > best)) continue;
    best = row.top1;
    json["top1"] = row.top1;
    json["top5"] = row.top5;
  }
}

}  // namespace

std::string figures(const run::PretrainSummary& summary) {
  const train::TrainSummary& training = summary.training;
  Json json{{"loss", summary.loss},
            {"steps", training.state.step},
            {"stage", training.state.stage + 1},
            {"skipped_steps", training.state.skipped_steps},
            {"images_seen", training.state.images_seen},
            {"finished", training.finished},
            {"seconds", training.seconds},
            {"images_per_second", summary.images_per_second},
            {"model_flops_utilization", summary.model_flops_utilization},
            {"data_wait_fraction", summary.data_wait_fraction},
            {"peak_memory_bytes", summary.peak_memory_bytes}};
  if (summary.device_peak_memory_bytes > 0) {
    json["device_peak_memory_bytes"] = summary.device_peak_memory_bytes;
  }
  const auto& evaluations = summary.evaluations;
  add_best(json,
           evaluations.empty() ? std::vector<eval::EvaluationRow>{} : evaluations.back().results);
  json["evaluations"] = Json::array();
  for (const report::EvaluationRecord& record : evaluations) {
    Json results = Json::array();
    for (const auto& row : record.results) results.push_back(accuracies(row));
    json["evaluations"].push_back(
        {{"label", record.label}, {"step", record.step}, {"results", results}});
  }
  json["stage_gains"] = Json::array();
  for (const report::StageGain& gain : summary.stage_gains) {
    Json measures = Json::array();
    for (const auto& [name, before, after, noise, higher_is_better, percent] : gain.measures) {
      measures.push_back({{"name", name},
                          {"before", before},
                          {"after", after},
                          {"noise", noise},
                          {"higher_is_better", higher_is_better}});
    }
    json["stage_gains"].push_back({{"stage", gain.stage + 1},
                                   {"labels", gain.by_labels},
                                   {"paid", gain.paid()},
                                   {"worse", gain.is_worse()},
                                   {"measures", measures}});
  }
  json["no_table"] =
      summary.missing_table.why.empty() ? Json(nullptr) : Json(summary.missing_table.why);
  json["chance"] = summary.chance;
  json["verdict"] = {{"kind", report::name(summary.verdict.kind)},
                     {"sentence", summary.verdict.sentence},
                     {"measure", summary.verdict.measure}};
  json["out"] = summary.out.string();
  json["model"] = (summary.out / "model.safetensors").string();
  json["report"] = (summary.out / "report.html").string();
  return one_line(json);
}

std::string figures(const eval::Evaluation& evaluation, const EvaluationQuestion& question) {
  Json json{{"model", question.model}};
  add_best(json, evaluation.rows);
  json["classes"] = evaluation.classes;
  json["split"] = evaluation.split;
  json["extraction_seconds"] = evaluation.extraction_seconds;
  json["results"] = Json::array();
  for (const eval::EvaluationRow& row : evaluation.rows) {
    Json result = accuracies(row);
    result["seconds"] = row.seconds;
    result["train_samples"] = row.train_samples;
    result["test_samples"] = row.test_samples;
    add_seeds(result, row);
    json["results"].push_back(std::move(result));
  }
  json["labels"] = question.labels;
  json["seeds"] = Json::array();
  for (const eval::LabelDraw& draw : evaluation.draws) json["seeds"].push_back(draw.seed);
  json["out"] = question.out.empty() ? Json(nullptr) : Json(question.out);
  return one_line(json);
}

}  // namespace dbot::app
