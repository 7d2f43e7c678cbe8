#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "dbot/report/advice/advice.h"

// A run that nothing is wrong with; tests change what they are about.
namespace dbot::report {

/// A run of one stage with the given course of its figures, and nothing wrong with it otherwise.
struct Course {
  std::function<double(double)> loss = [](double t) { return 0.2 * std::exp(-2 * t) + 0.05; };
  std::function<double(double)> gradient = [](double) { return 0.5; };
  double waiting = 0.02;
  int steps = 1000;
};

inline Observed observed(const Course& course = {}) {
  Observed result;
  RunFigures& figures = result.figures;
  figures.total_steps = course.steps;
  figures.planned_stages = 1;
  figures.stage_begin = {0, course.steps};
  StageFigures& stage = figures.stages[0];
  for (int step = 1; step <= course.steps; ++step) {
    const double t = static_cast<double>(step) / course.steps;
    figures.curves["loss"].add(step, course.loss(t));
    figures.curves["gradient_norm"].add(step, course.gradient(t));
  }
  stage.steps = course.steps;
  stage.first_loss = course.loss(0);
  stage.last_loss = course.loss(1);
  figures.step = course.steps;
  figures.epoch = 100;
  figures.images_seen = 10'000'000;
  figures.images_trained = 10'000'000;
  figures.seconds = 1000;
  figures.data_wait_seconds = course.waiting * figures.seconds;
  result.images = 100'000;
  result.clip_norm = 3;
  result.expected = {expected_loss("smooth_l1", "token", 2)};
  return result;
}

inline PictureSet healthy_set() {
  PictureSet set;
  set.label = "stage 1";
  set.step = 1000;
  set.health = {};
  set.health.effective_rank = 40;
  set.health.width = 96;
  set.health.mean_cosine = 0.4;
  set.health.prediction_deviation = 0.6;
  set.health.target_deviation = 0.9;
  set.health.constant_loss = 0.2;
  set.health.position_loss = 0.18;
  set.health.training_loss = 0.05;
  set.health.held_out_loss = 0.052;
  return set;
}

inline EvaluationRecord evaluation(const std::string& label, double top1) {
  EvaluationRecord record;
  record.label = label;
  record.moment = moment_of("", label);
  if (record.moment == Moment::stage) record.stage = std::stoll(label.substr(6)) - 1;
  EvaluationRow row;
  row.protocol = "knn";
  row.features = "mean";
  row.top1 = top1;
  record.results = {row};
  return record;
}

/// The finding of a check, or nothing if it was not made.
inline const Advice* find(const std::vector<Advice>& findings, const std::string& id) {
  const auto found = std::ranges::find(findings, id, &Advice::id);
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace dbot::report
