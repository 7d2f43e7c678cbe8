#include "dbot/report/page/check_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dbot/report/page/check_pictures.h"
#include "dbot/report/page/page_json.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/shown_text.h"

namespace dbot::report {
namespace {

using data::Finding;

constexpr std::size_t most_examples = 12;  // of a kind
constexpr std::size_t most_listed = 200;   // file names of a kind
constexpr std::size_t most_copy_groups = 24, most_members = 6;
constexpr std::size_t most_classes = 200;

PageJson picture_of(const CheckedSet& checked, std::int64_t image, const std::string& detail,
                    CheckPictures& pictures) {
  const auto& facts = checked.facts[static_cast<std::size_t>(image)];
  return {{"file", shown_text(checked.set.name(image))},
          {"detail", shown_text(detail)},
          {"picture", pictures.data_uri(image)},
          {"width", facts.width},
          {"height", facts.height},
          {"bytes", facts.bytes}};
}

/// Kinds of which copies are made are shown as groups.
bool shown_as_groups(data::FindingKind kind) {
  return kind == data::FindingKind::duplicate || kind == data::FindingKind::near_duplicate;
}

PageJson findings_json(const CheckedSet& checked, CheckPictures& pictures) {
  PageJson kinds = PageJson::array();
  auto finding = checked.audit.findings.begin();  // in the order of their kinds
  for (const auto& text : data::finding_texts()) {
    PageJson examples = PageJson::array(), files = PageJson::array();
    for (; finding != checked.audit.findings.end() && finding->kind == text.kind; ++finding) {
      const bool example = finding->image >= 0 && text.gravity != data::Gravity::broken &&
                           !shown_as_groups(text.kind) && examples.size() < most_examples;
      if (example) {
        examples.push_back(picture_of(checked, finding->image, finding->detail, pictures));
      }
      if (files.size() < most_listed) {
        files.push_back({shown_text(finding->file), shown_text(finding->detail)});
      }
    }
    if (checked.audit.count(text.kind) == 0) continue;
    kinds.push_back({{"id", text.id},
                     {"gravity", data::name(text.gravity)},
                     {"title", text.title},
                     {"meaning", text.meaning},
                     {"count", checked.audit.count(text.kind)},
                     {"examples", std::move(examples)},
                     {"files", std::move(files)}});
  }
  return kinds;
}

std::string relation(const data::CopyGroup::Member& member, bool first) {
  if (first) return "kept";
  if (member.exact) return "same bytes";
  return fmt::format("{}{} of 63 bits differ", member.mirrored ? "mirrored, " : "",
                     member.distance);
}

/// Groups with near copies first: they want to be looked at.
PageJson groups_json(const CheckedSet& checked, CheckPictures& pictures) {
  std::vector<const data::CopyGroup*> chosen;
  for (const auto& group : checked.audit.groups) chosen.push_back(&group);
  std::ranges::stable_sort(chosen, {}, [](const data::CopyGroup* group) {
    return std::ranges::all_of(group->members, &data::CopyGroup::Member::exact);
  });
  PageJson list = PageJson::array();
  for (const auto* group : chosen) {
    if (list.size() >= most_copy_groups) break;
    PageJson members = PageJson::array();
    for (std::size_t i = 0; i < std::min(group->members.size(), most_members); ++i) {
      const auto& member = group->members[i];
      members.push_back(picture_of(checked, member.image, relation(member, i == 0), pictures));
    }
    list.push_back({{"count", group->members.size()}, {"members", std::move(members)}});
  }
  return {{"count", checked.audit.groups.size()}, {"shown", std::move(list)}};
}

PageJson histogram_json(const data::Histogram& histogram) {
  return {{"edges", histogram.edges}, {"counts", histogram.counts}};
}

PageJson spread_json(const data::Spread& spread) {
  return {spread.least, spread.lower_quartile, spread.median, spread.upper_quartile, spread.most};
}

PageJson shares_json(const data::Shares& shares) {
  PageJson list = PageJson::array();
  for (const auto& [name, count] : shares) list.push_back({name, count});
  return list;
}

PageJson sizes_json(const data::SetStatistics& statistics) {
  return {{"widths", histogram_json(statistics.widths)},
          {"heights", histogram_json(statistics.heights)},
          {"aspects", histogram_json(statistics.aspects)},
          {"width", spread_json(statistics.width)},
          {"height", spread_json(statistics.height)},
          {"shorter_side", spread_json(statistics.shorter_side)},
          {"file_bytes", spread_json(statistics.file_bytes)},
          {"kinds", shares_json(statistics.kinds)},
          {"pixels", shares_json(statistics.pixels)},
          {"usual_image_size", statistics.usual_image_size},
          {"largest_image_size", statistics.largest_image_size}};
}

PageJson classes_json(const CheckedSet& checked) {
  PageJson parts = PageJson::array(), rows = PageJson::array();
  for (const auto& part : checked.set.parts()) {
    parts.push_back({{"name", part.name}, {"images", part.images->size()}});
  }
  for (const auto& row : checked.statistics.classes) {
    if (rows.size() < most_classes) rows.push_back({shown_text(row.name), row.images});
  }
  return {{"parts", std::move(parts)},
          {"count", checked.statistics.classes.size()},
          {"rows", std::move(rows)}};
}

PageJson next_json(const CheckedSet& checked) {
  const CommandTexts& commands = checked.commands;
  PageJson list = PageJson::array();
  const auto add = [&](const char* title, const std::string& command, const std::string& why) {
    if (command.empty()) return;
    list.push_back(
        {{"title", title},
         {"command",
          fmt::format(fmt::runtime(command),
                      fmt::arg("data", shell_word(checked.set.path().string())),
                      fmt::arg("list", shell_word(checked.quarantine.string())),
                      fmt::arg("out", shell_word(checked.quarantine.parent_path().string())))},
         {"why", why}});
  };
  if (checked.quarantined > 0) {
    add("Train without what is in the quarantine list", commands.leave_out,
        fmt::format("{} of {} images are left out; no file is moved or removed.",
                    grouped(checked.quarantined), grouped(checked.set.size())));
  }
  if (!checked.audit.groups.empty()) {
    add("Leave out copies, too", commands.leave_out_copies,
        "One picture of each group of copies stays.");
    add("Divide it without leaks", commands.split, "Copies of a picture go to the same part.");
  }
  add("See what a recipe needs to know", commands.statistics,
      "Sizes, kinds, classes, mean and deviation of the pixels.");
  return list;
}

}  // namespace

std::string check_sentence(const CheckedSet& checked) {
  const auto images = grouped(checked.set.size());
  const auto& audit = checked.audit;
  const auto look = audit.suspicious == 0
                        ? std::string()
                        : fmt::format(" {} {} a look.", grouped(audit.suspicious),
                                      audit.suspicious == 1 ? "file deserves" : "files deserve");
  if (audit.broken > 0) {
    return fmt::format("{} of {} images cannot be used.{}", grouped(audit.broken), images, look);
  }
  if (audit.suspicious > 0) return fmt::format("All {} images can be read.{}", images, look);
  return fmt::format("All {} images can be read, and nothing suspicious was found.", images);
}

std::string check_page_data(const CheckedSet& checked, const core::StopRequest& stop) {
  CheckPictures pictures(checked.set, checked.facts, stop);
  std::error_code ignored;
  const auto full = std::filesystem::weakly_canonical(checked.set.path(), ignored);
  const auto& audit = checked.audit;
  return page_json_text({{"version", 1},
                         {"name", shown_text(full.filename().string())},
                         {"path", shown_text(full.string())},
                         {"verdict", audit.broken > 0       ? "no"
                                     : audit.suspicious > 0 ? "partly"
                                                            : "yes"},
                         {"sentence", check_sentence(checked)},
                         {"images", checked.set.size()},
                         {"bytes", checked.statistics.bytes},
                         {"broken", audit.broken},
                         {"suspicious", audit.suspicious},
                         {"quarantined", checked.quarantined},
                         {"seconds", checked.seconds},
                         {"looked_at", checked.looked_at},
                         {"kinds", findings_json(checked, pictures)},
                         {"groups", groups_json(checked, pictures)},
                         {"sizes", sizes_json(checked.statistics)},
                         {"classes", classes_json(checked)},
                         {"next", next_json(checked)}});
}

}  // namespace dbot::report
