#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// Encoded samples that stay in memory once they were read, first come, first kept, until a budget
/// is used up; raw values are not kept, as they often lie in memory already. What is kept is not
/// looked for again: a file that changes or vanishes later goes unnoticed. The samples are the
/// same, whichever happen to be kept.
class CachedDataset final : public Dataset {
 public:
  /// `bytes`: of samples and of what it takes to keep them.
  CachedDataset(std::shared_ptr<const Dataset> base, std::int64_t bytes);
  ~CachedDataset() override;
  CachedDataset(const CachedDataset&) = delete;
  CachedDataset& operator=(const CachedDataset&) = delete;

  std::int64_t size() const override { return base_->size(); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override { return base_->label(index); }
  std::string name(std::int64_t index) const override { return base_->name(index); }
  std::string key(std::int64_t index) const override { return base_->key(index); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return base_->stored_bytes(index);
  }
  const std::vector<std::string>& classes() const override { return base_->classes(); }

  std::int64_t used_bytes() const { return used_; }

 private:
  using Kept = std::vector<std::uint8_t>;  // kept_sample.h
  void keep(std::atomic<const Kept*>& place, const Sample& sample) const;

  std::shared_ptr<const Dataset> base_;
  const std::int64_t budget_;
  mutable std::atomic<std::int64_t> used_ = 0;
  mutable std::vector<std::atomic<const Kept*>> kept_;  // by index; null: not kept
};

/// `base` with such a cache; `base` itself where there is no budget.
std::shared_ptr<const Dataset> cached(std::shared_ptr<const Dataset> base, std::int64_t bytes);

}  // namespace dbot::data
