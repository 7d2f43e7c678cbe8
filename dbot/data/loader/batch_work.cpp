#include "dbot/data/loader/batch_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

constexpr int kMaxAttempts = 64;  // to find a stand-in for one broken sample

}  // namespace

BatchWork::BatchWork(const Dataset& dataset, const std::vector<BatchPartFactory>& parts,
                     const LoaderConfig& config, const BadSamples& limit, BatchPlan plan,
                     std::int64_t chunk_size)
    : dataset_(dataset),
      config_(config),
      limit_(limit),
      plan_(std::move(plan)),
      chunk_size_(chunk_size),
      samples_(plan_.samples.size(), -1),
      unfinished_(chunks()) {
  for (const auto& part : parts) parts_.push_back(part.make(planned()));
}

std::int64_t BatchWork::chunks() const {
  return (planned() + chunk_size_ - 1) / chunk_size_;
}

void BatchWork::run_chunk(std::int64_t chunk, const std::atomic<bool>& stopping) noexcept {
  std::exception_ptr failure;
  try {
    const auto begin = chunk * chunk_size_;
    fill_slots(begin, std::min(begin + chunk_size_, planned()), stopping);
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  if (failure && (failed_chunk_ < 0 || chunk < failed_chunk_)) {
    failed_chunk_ = chunk;
    failure_ = failure;
  }
  if (--unfinished_ == 0) finished_.notify_all();
}

void BatchWork::fill_slots(std::int64_t begin, std::int64_t end,
                           const std::atomic<bool>& stopping) {
  BadFindings found;
  std::vector<std::int64_t> broken;
  for (auto slot = begin; slot < end && !stopping && !hopeless_; ++slot) {
    ++found.opened;
    if (fill(slot, plan_.samples[static_cast<std::size_t>(slot)], found)) continue;
    ++found.broken;
    broken.push_back(slot);
  }
  add_findings(found);
  if (!config_.training) return;
  for (const auto slot : broken) {
    BadFindings more;
    try {
      replace(slot, more, stopping);
    } catch (...) {
      add_findings(more);
      throw;
    }
    add_findings(more);
  }
}

bool BatchWork::fill(std::int64_t slot, std::int64_t sample, BadFindings& found) {
  thread_local Sample read;  // its memory serves the next sample
  const auto index = index_of(sample);
  try {
    dataset_.read(index, read);
    for (const auto& part : parts_) {
      part->fill(slot, read, {config_.seed, plan_.epoch, sample});
    }
  } catch (const DataError& error) {
    found.reasons.emplace(index, broken_sample(error, dataset_.name(index)));
    return false;
  }
  samples_[static_cast<std::size_t>(slot)] = sample;
  return true;
}

void BatchWork::replace(std::int64_t slot, BadFindings& found, const std::atomic<bool>& stopping) {
  const auto sample = plan_.samples[static_cast<std::size_t>(slot)];
  core::Random random({.seed = config_.seed,
                       .purpose = core::Purpose::replacement,
                       .sample = static_cast<std::uint64_t>(sample)});
  const auto size = static_cast<std::uint64_t>(dataset_.size());
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (stopping || hopeless_) return;
    if (fill(slot, static_cast<std::int64_t>(random.below(size)), found)) return;
  }
  throw DataError(
      {.operation = "data",
       .subject = dataset_.name(index_of(sample)),
       .fault = Fault::unreadable,
       .reason = fmt::format("is unreadable, and so are {} images drawn in its place; first: {}",
                             kMaxAttempts, found.reasons.begin()->second)});
}

void BatchWork::add_findings(const BadFindings& found) {
  const std::lock_guard lock(mutex_);
  findings_.reasons.insert(found.reasons.begin(), found.reasons.end());
  findings_.opened += found.opened;
  findings_.broken += found.broken;
  if (limit_.hopeless(findings_, planned())) hopeless_ = true;
}

void BatchWork::wait() {
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [&] { return unfinished_ == 0; });
}

bool BatchWork::finished() {
  const std::lock_guard lock(mutex_);
  return unfinished_ == 0;
}

Batch BatchWork::take() {
  if (failure_) std::rethrow_exception(failure_);
  close_gaps();
  Batch batch;
  batch.epoch = plan_.epoch;
  if (!dataset_.classes().empty()) {
    for (const auto sample : samples_) batch.labels.push_back(dataset_.label(index_of(sample)));
  }
  for (const auto& part : parts_) part->give(batch, static_cast<std::int64_t>(samples_.size()));
  batch.sample_ids = std::move(samples_);
  return batch;
}

void BatchWork::close_gaps() {
  std::size_t kept = 0;
  for (std::size_t slot = 0; slot < samples_.size(); ++slot) {
    if (samples_[slot] < 0) continue;
    if (kept != slot) {
      for (const auto& part : parts_) {
        part->copy(static_cast<std::int64_t>(slot), static_cast<std::int64_t>(kept));
      }
    }
    samples_[kept++] = samples_[slot];
  }
  samples_.resize(kept);
}

}  // namespace dbot::data
