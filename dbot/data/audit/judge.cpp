#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "dbot/data/audit/audit.h"

namespace dbot::data {
namespace {

/// Collects the findings of a set and counts what they are of.
class Judge {
 public:
  Judge(const AuditedSet& set, const std::vector<ImageFacts>& facts, const AuditLimits& limits)
      : set_(set), facts_(facts), limits_(limits) {}

  void images() {
    const UsualSize usual = usual_size(facts_);
    std::vector<Finding> found;
    for (std::int64_t image = 0; image < set_.size(); ++image) {
      found.clear();
      judge_image(facts_[static_cast<std::size_t>(image)], set_.name(image), limits_, usual, found);
      for (auto& finding : found) {
        finding.image = image;
        audit_.findings.push_back(std::move(finding));
      }
    }
  }

  void masks() {
    for (const auto image : set_.masks()) {
      add(FindingKind::mask, image, "lies beside the photograph it belongs to", -1);
    }
  }

  void copies(const core::StopRequest& stop) {
    audit_.groups = find_copies(set_, facts_, limits_.copies, stop);
    for (std::int64_t group = 0; group < std::ssize(audit_.groups); ++group) {
      const auto& members = audit_.groups[static_cast<std::size_t>(group)].members;
      leaks(members, group);
      conflicts(members, group);
      repeats(members, group);
    }
  }

  void classes() {
    if (set_.classes().size() < 2) return;
    for (const auto& part : set_.parts()) unequal(part);
    for (const auto& part : set_.parts()) lonely(part);
  }

  /// What captions and images lack of each other, by the names of images.
  void captions() {
    if (!set_.captions()) return;
    const CaptionCounts& counts = set_.captions()->counts;
    std::unordered_map<std::string, std::int64_t> numbers;
    for (std::int64_t image = 0; image < set_.size(); ++image) {
      numbers.emplace(set_.name(image), image);
    }
    for (const auto image : set_.masks()) numbers[set_.name(image)] = kMask;
    const auto tell = [&](FindingKind kind, const NamedCount& images, const char* detail) {
      for (const auto& name : images.first) {
        const auto number = numbers.find(name);
        const std::int64_t image = number == numbers.end() ? -1 : number->second;
        if (image != kMask) audit_.findings.push_back({kind, image, name, detail, -1});
      }
    };
    tell(FindingKind::no_caption, counts.without, "has none");
    tell(FindingKind::empty_caption, counts.empty, "has a caption of nothing but white space");
    tell(FindingKind::broken_caption, counts.broken, "has a caption with bytes that are no UTF-8");
    tell(FindingKind::caption_alone, counts.missing, "has a caption, and is not there");
  }

  void other_files() {
    for (const auto& other : set_.other_files()) {
      const bool known = !other.what.empty();
      audit_.findings.push_back(
          {other.is_image ? FindingKind::unread_image : FindingKind::other_file, -1, other.name,
           known ? "is " + other.what : "is of an unknown kind", -1});
    }
  }

  Audit result() {
    std::ranges::stable_sort(audit_.findings, {}, &Finding::kind);
    std::set<std::string_view> broken, suspicious;
    for (const auto& finding : audit_.findings) {
      ++audit_.counts[static_cast<std::size_t>(finding.kind)];
      const auto gravity = text_of(finding.kind).gravity;
      if (gravity == Gravity::broken) broken.insert(finding.file);
      if (gravity == Gravity::suspicious) suspicious.insert(finding.file);
    }
    audit_.broken = std::ssize(broken);
    audit_.suspicious = std::ssize(suspicious);
    return std::move(audit_);
  }

 private:
  using Members = std::vector<CopyGroup::Member>;
  static constexpr std::int64_t kMask = -2;  // no photograph: it wants no caption

  void add(FindingKind kind, std::int64_t image, std::string detail, std::int64_t group) {
    audit_.findings.push_back({kind, image, set_.name(image), std::move(detail), group});
  }

  /// "the same bytes as a.jpg", "looks like a.jpg (3 of 63 bits differ)".
  std::string likeness(const CopyGroup::Member& member, std::int64_t of) const {
    if (member.exact) return fmt::format("the same bytes as {}", set_.name(of));
    return fmt::format("looks like {}{} ({} of 63 bits differ)",
                       member.mirrored ? "the mirror image of " : "", set_.name(of),
                       member.distance);
  }

  void repeats(const Members& members, std::int64_t group) {
    for (std::size_t i = 1; i < members.size(); ++i) {
      add(members[i].exact ? FindingKind::duplicate : FindingKind::near_duplicate, members[i].image,
          likeness(members[i], members.front().image), group);
    }
  }

  /// Members in training beside one in validation or test, or in validation beside one in test.
  void leaks(const Members& members, std::int64_t group) {
    const auto& kept = members.front();  // of the last of the parts that have one
    for (const auto& member : members) {
      if (set_.part_number(member.image) < set_.part_number(kept.image)) {
        add(FindingKind::leak, member.image, likeness(member, kept.image), group);
      }
    }
  }

  void conflicts(const Members& members, std::int64_t group) {
    std::set<int> labels;
    for (const auto& member : members) {
      if (const int label = set_.label(member.image); label >= 0) labels.insert(label);
    }
    if (labels.size() < 2) return;
    std::string names;
    for (const int label : labels) {
      names += (names.empty() ? "" : ", ") + set_.classes()[static_cast<std::size_t>(label)];
    }
    for (const auto& member : members) {
      add(FindingKind::label_conflict, member.image, "copies are in " + names, group);
    }
  }

  std::vector<std::int64_t> class_counts(const AuditedSet::Part& part) const {
    std::vector<std::int64_t> counts(set_.classes().size());
    for (std::int64_t i = 0; i < part.images->size(); ++i) {
      const int label = set_.label(part.begin + i);
      if (label >= 0) ++counts[static_cast<std::size_t>(label)];
    }
    return counts;
  }

  void unequal(const AuditedSet::Part& part) {
    const auto counts = class_counts(part);
    const auto most = *std::ranges::max_element(counts);
    for (std::size_t c = 0; c < counts.size(); ++c) {
      const double times =
          counts[c] == 0 ? 0 : static_cast<double>(most) / static_cast<double>(counts[c]);
      if (times <= limits_.most_imbalance) continue;
      audit_.findings.push_back(
          {FindingKind::imbalance, -1, class_place(part, c),
           fmt::format("{} images, the largest class has {}", counts[c], most), -1});
    }
  }

  /// A class of a part for testing that is not in training, where there is a part for that.
  void lonely(const AuditedSet::Part& part) {
    if (part.name == "train" || set_.parts().front().name != "train") return;
    const auto here = class_counts(part), there = class_counts(set_.parts().front());
    for (std::size_t c = 0; c < here.size(); ++c) {
      if (here[c] == 0 || there[c] > 0) continue;
      audit_.findings.push_back({FindingKind::lonely_class, -1, class_place(part, c),
                                 fmt::format("{} images, none of them in train", here[c]), -1});
    }
  }

  std::string class_place(const AuditedSet::Part& part, std::size_t number) const {
    return (part.name.empty() ? "" : part.name + "/") + set_.classes()[number];
  }

  const AuditedSet& set_;
  const std::vector<ImageFacts>& facts_;
  const AuditLimits& limits_;
  Audit audit_;
};

}  // namespace

Audit judge(const AuditedSet& set, const std::vector<ImageFacts>& facts, const AuditLimits& limits,
            const core::StopRequest& stop) {
  Judge verdict(set, facts, limits);
  verdict.images();
  verdict.masks();
  verdict.copies(stop);
  verdict.classes();
  verdict.captions();
  verdict.other_files();
  return verdict.result();
}

}  // namespace dbot::data
