#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"

namespace dbot::data {

/// A data set that is read until somebody asks to stop: `read` throws Stopped then.
class StoppableDataset final : public Dataset {
 public:
  /// `base` and `stop` outlive this object; `message` is what Stopped says.
  StoppableDataset(const Dataset& base, const core::StopRequest& stop, std::string message)
      : base_(base), stop_(stop), message_(std::move(message)) {}

  std::int64_t size() const override { return base_.size(); }
  void read(std::int64_t index, Sample& sample) const override {
    if (stop_.requested()) throw Stopped(message_);
    base_.read(index, sample);
  }
  std::int64_t label(std::int64_t index) const override { return base_.label(index); }
  std::string name(std::int64_t index) const override { return base_.name(index); }
  std::string key(std::int64_t index) const override { return base_.key(index); }
  std::int64_t stored_bytes(std::int64_t index) const override { return base_.stored_bytes(index); }
  const std::vector<std::string>& classes() const override { return base_.classes(); }

 private:
  const Dataset& base_;
  const core::StopRequest& stop_;
  const std::string message_;
};

}  // namespace dbot::data
