#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dbot/core/error.h"
#include "dbot/runtime/heartbeat.h"
#include "dbot/runtime/process_group/group.h"

namespace dbot::train {

/// How a rank stands to the step under way.
enum class Standing : std::int64_t {
  given_up,  // stopped inside, or before it: the step is not made
  last,      // its part is there, and the run is to stop behind this step
  whole,     // its part is there
};

/// What all ranks decide together, once a step: the worst of all holds.
struct Agreement {
  Standing standing = Standing::whole;
  bool finite = true;  // all losses are
  bool saves = false;  // a checkpoint follows the step
};

/// The processes that train one run together, as their trainer sees them. The first, rank 0, alone
/// has the run's folder, observers and words; all have the weights. Of one process it does nothing
/// and costs nothing.
class Ranks {
 public:
  /// One.
  Ranks() = default;
  /// Meets the others, and watches that nobody is lost: a sum waits for as long as all live and get
  /// on, however long that is. Throws as runtime::Group does.
  explicit Ranks(const runtime::GroupConfig& config);
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int rank() const { return group_.rank(); }
  int count() const { return group_.ranks(); }
  bool alone() const { return count() == 1; }
  bool first() const { return rank() == 0; }
  runtime::Group& group() { return group_; }

  /// All ranks call it at the same places.
  Agreement agree(const Agreement& own);
  /// What the first says, on all.
  bool as_first(bool value);
  /// For messages about a rank that is lost.
  void set_step(std::int64_t step);
  /// This rank ends by `problem`: the others are told, and end as well.
  void end(const Error& problem);

  /// For as long as one lives, this rank does what takes as long as it takes.
  class Busy {
   public:
    explicit Busy(Ranks& ranks) : ranks_(ranks) { ranks_.count_busy(1); }
    ~Busy() { ranks_.count_busy(-1); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Ranks& ranks_;
  };

 private:
  void count_busy(int more);

  runtime::Group group_;
  std::optional<runtime::Heartbeat> heartbeat_;  // nothing for one
  int busy_ = 0;
};

}  // namespace dbot::train
