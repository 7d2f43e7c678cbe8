#include "dbot/data/subset.h"

#include <algorithm>
#include <utility>

#include "dbot/core/random.h"

namespace dbot::data {
namespace {

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> base, std::vector<std::int64_t> indices)
      : base_(std::move(base)), indices_(std::move(indices)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  void read(std::int64_t index, Sample& sample) const override { base_->read(at(index), sample); }
  std::int64_t label(std::int64_t index) const override { return base_->label(at(index)); }
  std::string name(std::int64_t index) const override { return base_->name(at(index)); }
  std::string key(std::int64_t index) const override { return base_->key(at(index)); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return base_->stored_bytes(at(index));
  }
  const std::vector<std::string>& classes() const override { return base_->classes(); }

 private:
  std::int64_t at(std::int64_t index) const { return indices_.at(static_cast<std::size_t>(index)); }

  std::shared_ptr<const Dataset> base_;
  std::vector<std::int64_t> indices_;
};

}  // namespace

std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> base,
                                      std::vector<std::int64_t> indices) {
  return std::make_shared<Subset>(std::move(base), std::move(indices));
}

std::shared_ptr<const Dataset> limited(std::shared_ptr<const Dataset> base, std::int64_t most,
                                       std::uint64_t seed) {
  if (most <= 0 || base->size() <= most) return base;
  auto order = core::permutation({.seed = seed, .purpose = core::Purpose::split}, base->size());
  order.resize(static_cast<std::size_t>(most));
  std::ranges::sort(order);
  return subset(std::move(base), std::move(order));
}

}  // namespace dbot::data
