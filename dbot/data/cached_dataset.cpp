#include "dbot/data/cached_dataset.h"

#include <utility>

namespace dbot::data {
namespace {

// What a kept file takes beside its bytes: its place, its vector, and what the allocator needs.
constexpr std::int64_t cost_of_keeping = 72;

}  // namespace

CachedDataset::CachedDataset(std::shared_ptr<const EncodedDataset> base, std::int64_t bytes)
    : base_(std::move(base)), budget_(bytes), kept_(static_cast<std::size_t>(base_->size())) {}

CachedDataset::~CachedDataset() {
  for (const auto& place : kept_) delete place.load(std::memory_order_relaxed);
}

void CachedDataset::read(std::int64_t index, std::vector<std::uint8_t>& bytes) const {
  auto& place = kept_.at(static_cast<std::size_t>(index));
  if (const Bytes* known = place.load(std::memory_order_acquire)) {
    bytes.assign(known->begin(), known->end());
    return;
  }
  base_->read(index, bytes);
  keep(place, bytes);
}

void CachedDataset::keep(std::atomic<const Bytes*>& place, const Bytes& bytes) const {
  const auto cost = static_cast<std::int64_t>(bytes.size()) + cost_of_keeping;
  if (used_.fetch_add(cost) + cost <= budget_) {
    auto copy = std::make_unique<const Bytes>(bytes.begin(), bytes.end());
    const Bytes* nobody = nullptr;
    if (place.compare_exchange_strong(nobody, copy.get(), std::memory_order_release)) {
      static_cast<void>(copy.release());  // the place owns it
      return;
    }
  }
  used_ -= cost;  // too much, or another thread was first
}

std::shared_ptr<const Dataset> cached(std::shared_ptr<const Dataset> base, std::int64_t bytes) {
  auto encoded = std::dynamic_pointer_cast<const EncodedDataset>(base);
  if (!encoded || bytes <= 0) return base;
  return std::make_shared<CachedDataset>(std::move(encoded), bytes);
}

}  // namespace dbot::data
