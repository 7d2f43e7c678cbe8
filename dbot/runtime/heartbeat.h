#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dbot/runtime/heartbeat_watch.h"
#include "dbot/runtime/process_group/group.h"

namespace dbot::runtime {

/// Says who of a group is lost, within seconds: a closed connection names a port, and one that
/// hangs nothing at all. A thread of each rank beats into the store, on a connection of its own,
/// and reads the others' beats; another one judges them, so that a store which hangs is seen too.
/// The first verdict is posted and holds for all. Then the group's collectives are given up and
/// throw Error with it, or Stopped where it is a stop.
///
/// Make it right after the group, and destroy it before: that leaves the group in peace, on the
/// rank that serves the store after all others have left, or are lost. In a group of one it does
/// nothing.
class Heartbeat final : public GroupWatch {
 public:
  explicit Heartbeat(Group& group, const HeartbeatConfig& config = {});
  ~Heartbeat() override;
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// The step under way, for messages.
  void set_step(std::int64_t step);
  /// What this rank does now takes as long as it takes (a measurement, a file): the others wait for
  /// it however long, unless it is silent.
  void set_busy(bool busy);
  /// Why the group ends, once that is known.
  std::optional<Loss> loss() const;
  /// This rank ends by an error of its own: the others are told at once, in these words.
  void fail(const std::string& reason);
  /// This rank ends because it was asked to, where the others do not know of it: they end as if
  /// they were asked, too.
  void stop(const std::string& reason);

  void enter(double seconds) override;
  void leave() override;
  void tell() override;

 private:
  class State;

  Group& group_;
  std::shared_ptr<State> state_;  // null in a group of one
};

}  // namespace dbot::runtime
