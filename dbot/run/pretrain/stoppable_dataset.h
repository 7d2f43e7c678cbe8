#pragma once

#include "dbot/core/error.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"

namespace dbot::run {

/// Throws Stopped if nothing of the run exists yet and it is asked to stop.
inline void throw_if_stopped(const core::StopRequest& stop) {
  if (!stop.requested()) return;
  throw Stopped({.operation = "run",
                 .reason = "stopped on request before the run began",
                 .way_out = "the same command begins it"});
}

/// A data set that is read while nothing of the run exists yet: throws Stopped when the run is
/// asked to stop. Both given objects must outlive it.
class StoppableDataset final : public data::Dataset {
 public:
  StoppableDataset(const data::Dataset& base, const core::StopRequest& stop)
      : base_(base), stop_(stop) {}

  std::int64_t size() const override { return base_.size(); }
  data::Image load(std::int64_t index, int channels) const override {
    throw_if_stopped(stop_);
    return base_.load(index, channels);
  }
  std::int64_t label(std::int64_t index) const override { return base_.label(index); }
  std::string name(std::int64_t index) const override { return base_.name(index); }
  std::string key(std::int64_t index) const override { return base_.key(index); }
  std::int64_t stored_bytes(std::int64_t index) const override { return base_.stored_bytes(index); }
  const std::vector<std::string>& classes() const override { return base_.classes(); }

 private:
  const data::Dataset& base_;
  const core::StopRequest& stop_;
};

}  // namespace dbot::run
