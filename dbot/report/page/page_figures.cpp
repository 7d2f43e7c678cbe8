#include <algorithm>
#include <cmath>
#include <utility>

#include "dbot/report/advice/stage_gain.h"
#include "dbot/report/metrics/expected_loss.h"
#include "dbot/report/page/page_parts.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

// Numbers that are not finite become null by themselves; steps are whole.
PageJson step_of(double x) {
  return static_cast<std::int64_t>(x);
}

const char* name_of(Severity severity) {
  constexpr const char* names[] = {"good", "note", "warning", "problem"};
  return names[static_cast<int>(severity)];
}

}  // namespace

PageJson progress_part(const RunFigures& figures) {
  const auto stage = figures.stages.find(figures.stage);
  const double nothing = std::nan("");
  const bool trained = figures.seconds > 0;
  return {{"step", figures.step},
          {"total_steps", figures.total_steps},
          {"steps_per_epoch", figures.steps_per_epoch},
          {"stage", figures.stage + 1},
          {"planned_stages", figures.planned_stages},
          {"stage_begin", figures.stage_begin},
          {"epoch", figures.epoch},
          {"images_seen", figures.images_seen},
          {"seconds", figures.seconds},
          {"loss", stage == figures.stages.end() ? nothing : stage->second.last_loss},
          {"images_per_second",
           trained ? static_cast<double>(figures.images_trained) / figures.seconds : nothing},
          {"data_wait_fraction", trained ? figures.data_wait_seconds / figures.seconds : nothing},
          {"skipped_steps", figures.skipped_steps},
          {"skipped", figures.skipped}};
}

PageJson curves_part(const RunFigures& figures) {
  PageJson curves = PageJson::object();
  for (const auto& [name, curve] : figures.curves) {
    PageJson points = PageJson::array();
    for (const Curve::Point& point : curve.points()) {
      points.push_back({step_of(point.x), point.y});
    }
    PageJson means = PageJson::array();
    // Without thinning the points say it all.
    if (curve.stride() > 1) {
      for (const Curve::Mean& mean : curve.means()) means.push_back({step_of(mean.x), mean.y});
    }
    curves[shown_text(name)] = {
        {"stride", curve.stride()}, {"points", std::move(points)}, {"means", std::move(means)}};
  }
  return curves;
}

PageJson stages_part(const RunFigures& figures,
                     const std::vector<methods::ModelFacts::Objective>& objectives) {
  PageJson stages = PageJson::array();
  for (const auto& [number, stage] : figures.stages) {
    const auto place = std::min(static_cast<std::size_t>(number), objectives.size() - 1);
    const auto& [target, loss, normalisation, beta] = objectives[place];
    const auto expected = expected_loss(loss, normalisation, beta);
    stages.push_back({{"stage", number + 1},
                      {"steps", stage.steps},
                      {"seconds", stage.seconds},
                      {"skipped_steps", stage.skipped_steps},
                      {"first_loss", stage.first_loss},
                      {"last_loss", stage.last_loss},
                      {"peak_memory_bytes", stage.peak_memory_bytes},
                      {"ended", stage.ended},
                      {"target", shown_text(target)},
                      {"expected_loss", expected ? expected->constant : std::nan("")}});
  }
  return stages;
}

PageJson stage_gains_part(const Observed& observed) {
  PageJson gains = PageJson::array();
  for (const StageGain& gain : stage_gains(observed)) {
    PageJson measures = PageJson::array();
    for (const StageMeasure& measure : gain.measures) {
      measures.push_back({{"name", measure.name},
                          {"before", measure.before},
                          {"after", measure.after},
                          {"noise", measure.noise},
                          {"higher_is_better", measure.higher_is_better}});
    }
    gains.push_back({{"stage", gain.stage + 1},
                     {"labels", gain.by_labels},
                     {"paid", gain.paid()},
                     {"worse", gain.is_worse()},
                     {"measures", std::move(measures)}});
  }
  return gains;
}

PageJson evaluations_part(const RunFigures& figures) {
  PageJson evaluations = PageJson::array();
  for (const EvaluationRecord& evaluation : figures.evaluations) {
    PageJson results = PageJson::array();
    for (const EvaluationRow& row : evaluation.results) {
      PageJson further = PageJson::array();
      for (const auto& [name, value] : row.figures) further.push_back({shown_text(name), value});
      results.push_back({{"protocol", shown_text(row.protocol)},
                         {"features", shown_text(row.features)},
                         {"top1", row.top1},
                         {"top5", row.top5},
                         {"train_samples", row.train_samples},
                         {"test_samples", row.test_samples},
                         {"figures", std::move(further)}});
    }
    evaluations.push_back({{"label", shown_text(evaluation.label)},
                           {"moment", moment_name(evaluation.moment)},
                           {"step", evaluation.step},
                           {"stage", evaluation.stage + 1},
                           {"epoch", evaluation.epoch},
                           {"results", std::move(results)}});
  }
  return evaluations;
}

PageJson advice_part(const std::vector<Advice>& findings) {
  PageJson list = PageJson::array();
  for (const Advice& advice : findings) {
    list.push_back({{"severity", name_of(advice.severity)},
                    {"id", advice.id},
                    {"title", advice.title},
                    {"seen", shown_text(advice.seen)},
                    {"why", advice.why},
                    {"todo", advice.todo}});
  }
  return list;
}

}  // namespace dbot::report
