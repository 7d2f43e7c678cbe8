#pragma once

#include <cstdint>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/data/audit/audited_set.h"
#include "dbot/data/audit/survey/image_facts.h"

namespace dbot::data {

struct CopiesConfig {
  int distance = 10;      // largest, in bits of the hash; −1: only exact copies
  bool mirrored = false;  // mirror images are copies, too
};

/// A picture that is there more than once.
struct CopyGroup {
  struct Member {
    std::int64_t image = 0;
    bool exact = true;      // the same bytes as the first member
    bool mirrored = false;  // looks like its mirror image
    int distance = 0;       // of the hashes, bits
  };
  /// The first is the one to keep: outside the training part, then with most pixels, most bytes, or
  /// the first by number. The others follow by number.
  std::vector<Member> members;
};

/// All groups of two and more, by the number of their lowest member. Exact copies have the same
/// bytes. Near copies are chained: each looks like at least one other of its group. Where more than
/// 5 % of the images would be near copies, the stricter limit of likeness.h is taken. Images that
/// were not decoded, or show one colour, are copies only if they are exact. `facts` are those of
/// all images of the set. Ends early, with what it has, on request.
std::vector<CopyGroup> find_copies(const AuditedSet& set, const std::vector<ImageFacts>& facts,
                                   const CopiesConfig& config, const core::StopRequest& stop);

/// Deviation of luma below which a picture shows one colour, levels.
inline constexpr float kLeastDeviation = 2.5F;

}  // namespace dbot::data
