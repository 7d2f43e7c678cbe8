#include "dbot/data/cached_dataset.h"

#include <utility>

#include "dbot/data/kept_sample.h"

namespace dbot::data {
namespace {

// What a kept sample takes beside its bytes: its place, its vector, and what the allocator needs.
constexpr std::int64_t kCostOfKeeping = 72;

/// Bytes of a sample that is worth keeping: all parts are encoded; 0 otherwise.
std::int64_t encoded_bytes(const Sample& sample) {
  std::int64_t bytes = 0;
  bool encoded = true;
  sample.each([&](std::string_view, const SamplePart& part) {
    bytes += static_cast<std::int64_t>(part.bytes().size());
    encoded &= part.encoded();
  });
  return encoded ? bytes : 0;
}

}  // namespace

CachedDataset::CachedDataset(std::shared_ptr<const Dataset> base, std::int64_t bytes)
    : base_(std::move(base)), budget_(bytes), kept_(static_cast<std::size_t>(base_->size())) {}

CachedDataset::~CachedDataset() {
  for (const auto& place : kept_) delete place.load(std::memory_order_relaxed);
}

void CachedDataset::read(std::int64_t index, Sample& sample) const {
  auto& place = kept_.at(static_cast<std::size_t>(index));
  if (const Kept* known = place.load(std::memory_order_acquire)) {
    sample.begin(base_->name(index));
    show_parts(*known, sample);
    return;
  }
  base_->read(index, sample);
  keep(place, sample);
}

void CachedDataset::keep(std::atomic<const Kept*>& place, const Sample& sample) const {
  const auto bytes = encoded_bytes(sample);
  if (bytes == 0 || used_ + bytes > budget_) return;
  auto kept = std::make_unique<const Kept>(keep_parts(sample));
  const auto cost = static_cast<std::int64_t>(kept->size()) + kCostOfKeeping;
  if (used_.fetch_add(cost) + cost <= budget_) {
    const Kept* nobody = nullptr;
    if (place.compare_exchange_strong(nobody, kept.get(), std::memory_order_release)) {
      static_cast<void>(kept.release());  // the place owns it
      return;
    }
  }
  used_ -= cost;  // too much, or another thread was first
}

std::shared_ptr<const Dataset> cached(std::shared_ptr<const Dataset> base, std::int64_t bytes) {
  if (bytes <= 0) return base;
  return std::make_shared<CachedDataset>(std::move(base), bytes);
}

}  // namespace dbot::data
