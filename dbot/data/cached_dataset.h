#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/encoded_dataset.h"

namespace dbot::data {

/// Encoded files whose bytes stay in memory once they were read, first come, first kept, until a
/// budget is used up. What is kept is not looked for again: a file that changes or vanishes later
/// goes unnoticed. The images are the same, whichever files happen to be kept.
class CachedDataset final : public EncodedDataset {
 public:
  /// `bytes`: of files and of what it takes to keep them.
  CachedDataset(std::shared_ptr<const EncodedDataset> base, std::int64_t bytes);
  ~CachedDataset() override;
  CachedDataset(const CachedDataset&) = delete;
  CachedDataset& operator=(const CachedDataset&) = delete;

  std::int64_t size() const override { return base_->size(); }
  void read(std::int64_t index, std::vector<std::uint8_t>& bytes) const override;
  std::int64_t label(std::int64_t index) const override { return base_->label(index); }
  std::string name(std::int64_t index) const override { return base_->name(index); }
  std::string key(std::int64_t index) const override { return base_->key(index); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return base_->stored_bytes(index);
  }
  const std::vector<std::string>& classes() const override { return base_->classes(); }

  std::int64_t used_bytes() const { return used_; }

 private:
  using Bytes = std::vector<std::uint8_t>;
  void keep(std::atomic<const Bytes*>& place, const Bytes& bytes) const;

  std::shared_ptr<const EncodedDataset> base_;
  const std::int64_t budget_;
  mutable std::atomic<std::int64_t> used_ = 0;
  mutable std::vector<std::atomic<const Bytes*>> kept_;  // by index; null: not kept
};

/// `base` with such a cache; `base` itself where there is no budget or its images are no encoded
/// files.
std::shared_ptr<const Dataset> cached(std::shared_ptr<const Dataset> base, std::int64_t bytes);

}  // namespace dbot::data
