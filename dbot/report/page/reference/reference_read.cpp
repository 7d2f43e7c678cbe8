#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/json.h"
#include "dbot/report/page/page_json.h"
#include "dbot/report/page/reference/reference.h"
#include "dbot/report/page/reference/reference_keys.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

constexpr std::size_t kMostItems = 2000;  // of a list or an object

/// Goes through a document key by key and takes over what is as it should be.
class ReferenceReader {
 public:
  explicit ReferenceReader(const std::string& origin) : origin_(origin) {}

  [[noreturn]] void refuse(Fault fault, const std::string& reason) const {
    throw DataError({.operation = "reference",
                     .subject = origin_,
                     .fault = fault,
                     .reason = reason,
                     .way_out = "make it again from a finished run"});
  }

  const PageJson& at(const PageJson& object, const char* key, PageJson::value_t kind) const {
    const auto found = object.find(key);
    if (found == object.end() || found->type() != kind) {
      refuse(Fault::corrupt, fmt::format("has no {}, or one of another kind", key));
    }
    if (found->size() > kMostItems)
      refuse(Fault::too_large, fmt::format("has too much in {}", key));
    return *found;
  }

  /// Numbers, yes and no, nothing, and texts as they may be shown.
  PageJson scalar(const PageJson& value, const std::string& where) const {
    if (value.is_string()) return shown_text(value.get_ref<const std::string&>());
    if (!value.is_primitive()) refuse(Fault::corrupt, where + " is no number and no text");
    return value;
  }

  PageJson scalars(const PageJson& object, const char* where) const {
    if (!object.is_object() || object.size() > kMostItems) {
      refuse(Fault::corrupt, fmt::format("has another thing than an object in {}", where));
    }
    PageJson taken = PageJson::object();
    for (const auto& [key, value] : object.items()) {
      taken[shown_text(key)] = scalar(value, fmt::format("{}.{}", where, key));
    }
    return taken;
  }

  /// Pairs of a step and a value, which may be null.
  PageJson points(const PageJson& list, const std::string& where) const {
    if (!list.is_array() || list.size() > kMostItems) {
      refuse(Fault::corrupt, where + " is no list of points");
    }
    for (const PageJson& point : list) {
      const bool sound = point.is_array() && point.size() == 2 && point[0].is_number() &&
                         (point[1].is_number() || point[1].is_null());
      if (!sound) refuse(Fault::corrupt, where + " holds another thing than [step, value]");
    }
    return list;
  }

  PageJson curves(const PageJson& object) const {
    PageJson taken = PageJson::object();
    for (const auto& [name, list] : object.items()) {
      if (is_reference_curve(name)) taken[shown_text(name)] = points(list, "curves." + name);
    }
    return taken;
  }

  PageJson facts(const PageJson& object) const {
    PageJson taken = PageJson::object();
    for (const FactKeys& part : reference_facts()) {
      if (object.contains(part.table)) {
        taken[part.table] = scalars(object[part.table], part.table);
      }
    }
    for (const char* key : kReferenceNames) {
      taken[key] = object.contains(key) ? scalar(object[key], key) : PageJson("");
    }
    return taken;
  }

  PageJson progress(const PageJson& object) const {
    PageJson rest = object;
    const PageJson& begin = at(object, "stage_begin", PageJson::value_t::array);
    for (const PageJson& step : begin) {
      if (!step.is_number()) refuse(Fault::corrupt, "progress.stage_begin holds no steps");
    }
    rest.erase("stage_begin");
    PageJson taken = scalars(rest, "progress");
    taken["stage_begin"] = begin;
    taken["skipped"] = PageJson::array();
    return taken;
  }

  PageJson stages(const PageJson& list) const {
    PageJson taken = PageJson::array();
    for (const PageJson& stage : list) taken.push_back(scalars(stage, "stages"));
    return taken;
  }

  PageJson evaluations(const PageJson& list) const {
    PageJson taken = PageJson::array();
    for (const PageJson& one : list) {
      if (!one.is_object()) refuse(Fault::corrupt, "evaluations holds another thing than objects");
      PageJson results = PageJson::array(), rest = one;
      for (const PageJson& row : at(one, "results", PageJson::value_t::array)) {
        results.push_back(result(row));
      }
      rest.erase("results");
      PageJson evaluation = scalars(rest, "evaluations");
      for (const char* key : {"label", "moment"}) {
        static_cast<void>(at(evaluation, key, PageJson::value_t::string));
      }
      evaluation["results"] = std::move(results);
      taken.push_back(std::move(evaluation));
    }
    return taken;
  }

 private:
  PageJson result(const PageJson& row) const {
    if (!row.is_object()) refuse(Fault::corrupt, "results holds another thing than objects");
    PageJson rest = row, figures = PageJson::array();
    for (const PageJson& figure : at(row, "figures", PageJson::value_t::array)) {
      if (!figure.is_array() || figure.size() != 2 || !figure[0].is_string()) {
        refuse(Fault::corrupt, "figures holds another thing than [name, value]");
      }
      figures.push_back({scalar(figure[0], "figures"), scalar(figure[1], "figures")});
    }
    rest.erase("figures");
    PageJson taken = scalars(rest, "results");
    for (const char* key : {"protocol", "features"}) {
      static_cast<void>(at(taken, key, PageJson::value_t::string));
    }
    taken["figures"] = std::move(figures);
    return taken;
  }

  const std::string& origin_;
};

PageJson parsed(const std::string& text, const ReferenceReader& reader) {
  if (text.size() > kMostReferenceBytes) {
    reader.refuse(Fault::too_large, fmt::format("has {} bytes, expected at most {}", text.size(),
                                                kMostReferenceBytes));
  }
  try {
    return core::parse_json<PageJson>(text);
  } catch (const std::exception&) {
    reader.refuse(Fault::corrupt, "is no JSON, expected a reference run");
  }
}

}  // namespace

std::string read_reference(const std::string& text, const std::string& origin) {
  using Kind = PageJson::value_t;
  const ReferenceReader reader(origin);
  const PageJson document = parsed(text, reader);
  if (!document.is_object() || document.value("format", PageJson()) != kReferenceFormat) {
    reader.refuse(Fault::unsupported, "is no reference run, expected a file that says so");
  }
  if (const PageJson version = document.value("version", PageJson());
      version != kReferenceVersion) {
    reader.refuse(Fault::unsupported, fmt::format("has version {}, this program reads {}",
                                                  version.dump(), kReferenceVersion));
  }
  return page_json_text(
      {{"origin", shown_text(origin)},
       {"facts", reader.facts(reader.at(document, "facts", Kind::object))},
       {"progress", reader.progress(reader.at(document, "progress", Kind::object))},
       {"stages", reader.stages(reader.at(document, "stages", Kind::array))},
       {"curves", reader.curves(reader.at(document, "curves", Kind::object))},
       {"ranks", reader.points(reader.at(document, "ranks", Kind::array), "ranks")},
       {"evaluations", reader.evaluations(reader.at(document, "evaluations", Kind::array))},
       {"settings", reader.scalars(reader.at(document, "settings", Kind::object), "settings")}});
}

}  // namespace dbot::report
