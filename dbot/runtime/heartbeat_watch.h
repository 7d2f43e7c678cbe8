#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/error.h"

// Who of a group is lost, decided from beats and times alone: no thread and no socket here.
namespace dbot::runtime {

struct HeartbeatConfig {
  double beat_seconds = 0.5;
  double silence_seconds = 3;  // without a beat a rank is dead or cut off
  double begin_seconds = 15;   // for its first beat: connecting may take a while
  /// How long the others wait in a collective for a rank that beats, beyond the longest time this
  /// rank itself was away from collectives.
  double stuck_seconds = 4;
  /// Instead of both, until this rank has come to a third collective: first steps are slow.
  double first_seconds = 120;
};

/// What each rank tells of itself.
struct Beat {
  std::int64_t count = 0;    // of beats
  std::int64_t step = 0;     // of the run
  std::int64_t arrived = 0;  // collectives that it has come to
  bool left = false;         // in peace: no longer watched
  bool busy = false;         // with what takes as long as it takes: not to be called stuck

  std::string to_text() const;
  static Beat of_text(const std::string& text);
};

/// Why a group ends.
struct Loss {
  /// `ended`: by an error of its own; `stopped`: on request, outside of what all decide together.
  enum class Kind { silent, stuck, ended, store, stopped };
  Kind kind = Kind::silent;
  int rank = 0;        // of Kind::store: who serves it, −1: the launcher
  double seconds = 0;  // without a sign
  std::int64_t step = 0;
  std::string reason = {};  // of Kind::ended and Kind::stopped: what the rank said

  std::string to_text() const;
  static Loss of_text(const std::string& text);
  /// "rank 3 (b) is dead or cut off: no beat since 3.1 s, in step 412". `host`: of the rank.
  ErrorFields fields(const std::string& host) const;
};

/// What a rank knows of the others' beats.
class BeatWatch {
 public:
  /// Of up to this many ranks each watches all; beyond, the one before and the one behind.
  static constexpr int kAllWatched = 64;

  /// Times are seconds of a clock that never jumps.
  BeatWatch(int rank, int ranks, const HeartbeatConfig& config, double now);

  const std::vector<int>& watched() const { return watched_; }
  void saw(int rank, const Beat& beat, double now);
  /// This process was stopped for a while itself: what it missed says nothing.
  void restart(double now);
  /// Each that is watched has beaten once.
  bool all_have_beaten() const;

  /// Where this rank is.
  struct Own {
    std::int64_t arrived = 0;
    bool waiting = false;  // in a collective, since:
    double since = 0;
    double patience = 0;  // for others to come to it
  };
  /// Who is lost, if anybody: the one that has been silent for longest, or else, if this rank waits
  /// for longer than its patience, the one that is furthest behind.
  std::optional<Loss> judge(const Own& own, double now) const;

 private:
  struct Seen {
    Beat beat;
    double at = 0;
    bool ever = false;
  };
  HeartbeatConfig config_;
  std::vector<int> watched_;
  std::vector<Seen> seen_;  // of each in `watched_`
};

/// How long a collective is waited for, from how long this rank was away between earlier ones.
class UsualPatience {
 public:
  explicit UsualPatience(const HeartbeatConfig& config) : config_(config) {}
  void came(double now);
  void left(double now) { left_ = now; }
  double seconds() const;

 private:
  HeartbeatConfig config_;
  int times_ = 0;
  double left_ = 0, longest_ = 0;
};

}  // namespace dbot::runtime
