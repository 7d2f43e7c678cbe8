#include "dbot/data/audit/copies.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "dbot/data/audit/survey/hash_index.h"

namespace dbot::data {
namespace {

// Where more of the images have a near copy, the set is of things that look alike anyway, such as
// single objects on an even ground: then only what is the same to the eye counts.
constexpr std::ptrdiff_t kUsualPercent = 5, kFewCopies = 20;

/// Sets of images that grow together (union by number, paths halved).
class Families {
 public:
  explicit Families(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), std::int64_t{0});
  }
  std::int64_t find(std::int64_t image) {
    while (parent(image) != image) {
      parent(image) = parent(parent(image));
      image = parent(image);
    }
    return image;
  }
  void join(std::int64_t a, std::int64_t b) {
    a = find(a);
    b = find(b);
    parent(std::max(a, b)) = std::min(a, b);
  }

 private:
  std::int64_t& parent(std::int64_t image) { return parents_[static_cast<std::size_t>(image)]; }
  std::vector<std::int64_t> parents_;
};

const ImageFacts& at(const std::vector<ImageFacts>& facts, std::int64_t image) {
  return facts[static_cast<std::size_t>(image)];
}

/// Joins images of the same bytes; returns the first of each, by number.
std::vector<std::int64_t> join_exact(const std::vector<ImageFacts>& facts, Families& families) {
  std::vector<std::int64_t> usable;
  for (std::int64_t i = 0; i < std::ssize(facts); ++i) {
    if (at(facts, i).fault == ImageFault::none) usable.push_back(i);
  }
  std::ranges::stable_sort(usable, {}, [&](std::int64_t i) { return at(facts, i).content; });
  std::vector<std::int64_t> firsts;
  for (const auto image : usable) {
    if (!firsts.empty() && at(facts, firsts.back()).content == at(facts, image).content) {
      families.join(firsts.back(), image);
    } else {
      firsts.push_back(image);
    }
  }
  std::ranges::sort(firsts);
  return firsts;
}

void join_near(const std::vector<ImageFacts>& facts, std::vector<std::int64_t> images,
               const CopiesConfig& config, double most_unexplained, const core::StopRequest& stop,
               Families& families) {
  std::erase_if(images, [&](std::int64_t image) {
    return !at(facts, image).decoded || at(facts, image).deviation < kLeastDeviation;
  });
  std::vector<std::uint64_t> hashes;
  hashes.reserve(images.size());
  for (const auto image : images) hashes.push_back(at(facts, image).likeness.hash);
  const HashIndex index(hashes);
  for (std::size_t i = 0; i < images.size() && !stop.requested(); ++i) {
    const auto& likeness = at(facts, images[i]).likeness;
    const auto join = [&](std::int64_t place, bool mirror) {
      const auto other = images[static_cast<std::size_t>(place)];
      if (place <= static_cast<std::int64_t>(i) ||
          families.find(images[i]) == families.find(other)) {
        return;
      }
      if (look_alike(likeness, at(facts, other).likeness, mirror, most_unexplained))
        families.join(images[i], other);
    };
    index.search(likeness.hash, config.distance,
                 [&](std::int64_t place, int) { join(place, false); });
    if (config.mirrored) {
      index.search(mirrored(likeness.hash), config.distance,
                   [&](std::int64_t place, int) { join(place, true); });
    }
  }
}

std::int64_t joined(Families& families, std::int64_t count) {
  std::int64_t members = 0;
  for (std::int64_t image = 0; image < count; ++image) members += families.find(image) != image;
  return members;
}

/// The one to keep goes first.
CopyGroup group_of(const AuditedSet& set, const std::vector<ImageFacts>& facts,
                   std::vector<std::int64_t> images) {
  const auto rank = [&](std::int64_t image) {
    const auto& one = at(facts, image);
    return std::tuple(-set.part_number(image), -std::int64_t{one.height} * one.width,
                      -static_cast<std::int64_t>(one.bytes), image);
  };
  const auto kept = std::ranges::min_element(images, {}, rank);
  std::rotate(images.begin(), kept, kept + 1);
  CopyGroup group;
  const auto& first = at(facts, images.front());
  for (const auto image : images) {
    const auto& one = at(facts, image);
    CopyGroup::Member member{image, one.content == first.content, false, 0};
    if (!member.exact) {
      const int straight = hash_distance(one.likeness.hash, first.likeness.hash);
      const int turned = hash_distance(mirrored(one.likeness.hash), first.likeness.hash);
      member.mirrored = turned < straight;
      member.distance = std::min(straight, turned);
    }
    group.members.push_back(member);
  }
  return group;
}

}  // namespace

std::vector<CopyGroup> find_copies(const AuditedSet& set, const std::vector<ImageFacts>& facts,
                                   const CopiesConfig& config, const core::StopRequest& stop) {
  Families families(facts.size());
  auto firsts = join_exact(facts, families);
  if (config.distance >= 0) {
    const Families exact = families;
    const auto before = joined(families, std::ssize(facts));
    join_near(facts, firsts, config, kUsualUnexplained, stop, families);
    const auto near = joined(families, std::ssize(facts)) - before;
    if (near > std::max(kFewCopies, std::ssize(firsts) / 100 * kUsualPercent)) {
      families = exact;
      join_near(facts, firsts, config, kStrictUnexplained, stop, families);
    }
  }
  std::map<std::int64_t, std::vector<std::int64_t>> members;  // by the lowest
  for (std::int64_t image = 0; image < std::ssize(facts); ++image) {
    const auto lowest = families.find(image);
    if (lowest != image) {
      auto& family = members[lowest];
      if (family.empty()) family.push_back(lowest);
      family.push_back(image);
    }
  }
  std::vector<CopyGroup> groups;
  groups.reserve(members.size());
  for (auto& [lowest, images] : members) groups.push_back(group_of(set, facts, std::move(images)));
  return groups;
}

}  // namespace dbot::data
