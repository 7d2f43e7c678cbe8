#include "dbot/report/page/reference/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/report/metrics/metrics_digest.h"
#include "dbot/report/page/page_parts.h"
#include "dbot/report/page/reference/reference_keys.h"

namespace dbot::report {
namespace {

struct CurvePoint {
  double x = 0, y = 0;
};

/// Six digits: more than a chart shows, in a file that is not twice as long.
double short_number(double value) {
  return std::isfinite(value) ? std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr) : value;
}

/// The stage that a step belongs to, counted from 0: one begins behind its first mark.
std::size_t stage_at(double step, const std::vector<std::int64_t>& begin) {
  std::size_t stage = 0;
  while (stage + 2 < begin.size() && step > static_cast<double>(begin[stage + 1])) ++stage;
  return stage;
}

std::vector<CurvePoint> finite_points(const Curve& curve) {
  std::vector<CurvePoint> points;
  for (const Curve::Mean& mean : curve.means()) points.push_back({mean.x, mean.y});
  return points;
}

/// Means of groups of points that follow each other, each within one stage; about `most`.
PageJson thinned(const std::vector<CurvePoint>& points, const std::vector<std::int64_t>& begin,
                 std::size_t most) {
  const std::size_t room = most - std::min(most / 2, begin.size());
  const std::size_t group = std::max<std::size_t>(1, (points.size() + room - 1) / room);
  PageJson list = PageJson::array();
  for (std::size_t first = 0; first < points.size();) {
    const std::size_t stage = stage_at(points[first].x, begin);
    CurvePoint sum;
    std::size_t count = 0;
    for (; first < points.size() && count < group && stage_at(points[first].x, begin) == stage;
         ++first, ++count) {
      sum.x += points[first].x;
      sum.y += points[first].y;
    }
    const auto many = static_cast<double>(count);
    list.push_back({std::llround(sum.x / many), short_number(sum.y / many)});
  }
  return list;
}

PageJson curves_of(const RunFigures& figures, std::size_t most) {
  PageJson curves = PageJson::object();
  for (const auto& [name, curve] : figures.curves) {
    if (!is_reference_curve(name)) continue;
    curves[name] = thinned(finite_points(curve), figures.stage_begin, most);
  }
  return curves;
}

PageJson ranks_of(const std::vector<PictureSet>& sets) {
  PageJson ranks = PageJson::array();
  for (const PictureSet& set : sets) {
    if (!std::isfinite(set.health.effective_rank)) continue;
    ranks.push_back({set.step, short_number(set.health.effective_rank)});
  }
  return ranks;
}

/// All but those inside of stages, of which so many are taken, evenly spread.
PageJson evaluations_of(const RunFigures& figures, std::size_t most) {
  PageJson all = evaluations_part(figures), kept = PageJson::array();
  std::size_t inside = 0;
  for (const PageJson& one : all) inside += one["moment"] == "epoch" ? 1 : 0;
  const std::size_t every = std::max<std::size_t>(1, (inside + most - 1) / most);
  std::size_t number = 0;
  for (PageJson& one : all) {
    if (one["moment"] != "epoch" || ++number % every == 0) kept.push_back(std::move(one));
  }
  return kept;
}

/// "/home/me/teacher.pth" tells strangers of its last part alone.
std::string without_folders(const std::string& value) {
  if (!value.starts_with("\"/")) return value;
  return "\"…" + value.substr(value.rfind('/'));
}

PageJson entries_of(const PageJson& recipe) {
  PageJson entries = PageJson::object();
  for (const auto& [key, value] : recipe["entries"].items()) {
    entries[key] = without_folders(value.get<std::string>());
  }
  return entries;
}

/// Of the parts of run.json what tells how the reference was made, and no paths.
PageJson facts_of(const PageJson& facts) {
  PageJson chosen = PageJson::object();
  for (const FactKeys& part : reference_facts()) {
    if (!facts.contains(part.table) || !facts[part.table].is_object()) continue;
    for (const char* key : part.keys) {
      if (facts[part.table].contains(key)) chosen[part.table][key] = facts[part.table][key];
    }
  }
  for (const char* key : kReferenceNames) {
    if (facts.contains(key) && facts[key].is_string()) chosen[key] = facts[key];
  }
  return chosen;
}

PageJson document_of(const std::filesystem::path& run, const RunFigures& figures,
                     std::size_t most) {
  LeftOut ignored;
  const PageJson recipe = recipe_part(run, ignored);
  const PageJson facts = facts_part(run, ignored);
  PageJson progress = progress_part(figures);
  progress.erase("skipped");
  return {{"format", kReferenceFormat},
          {"version", kReferenceVersion},
          {"facts", facts_of(facts)},
          {"progress", std::move(progress)},
          {"stages", stages_part(figures, objectives_of(facts, recipe))},
          {"curves", curves_of(figures, most)},
          {"ranks", ranks_of(read_picture_sets(run))},
          {"evaluations", evaluations_of(figures, most / 5)},
          {"settings", entries_of(recipe)}};
}

}  // namespace

std::string reference_text(const std::filesystem::path& run) {
  MetricsDigest digest;
  digest.read(run / "metrics.jsonl");
  const RunFigures& figures = digest.figures();
  if (!figures.finished) {
    throw UsageError({.operation = "reference",
                      .subject = run.string(),
                      .fault = Fault::unsupported,
                      .reason = fmt::format("stands at step {} of {}, expected a finished run",
                                            figures.step, figures.total_steps),
                      .way_out = "go on with it to its end"});
  }
  for (std::size_t most = kMostReferencePoints; most >= 25; most /= 2) {
    const PageJson document = document_of(run, figures, most);
    std::string text = document.dump(-1, ' ', false, PageJson::error_handler_t::replace) + '\n';
    if (text.size() <= kMostReferenceBytes) return text;
  }
  throw Error(
      {.operation = "reference",
       .subject = run.string(),
       .fault = Fault::too_large,
       .reason = fmt::format("has more figures than fit into {} kB", kMostReferenceBytes / 1000)});
}

}  // namespace dbot::report
