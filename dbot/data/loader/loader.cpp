#include "dbot/data/loader/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/thread_pool.h"
#include "dbot/data/loader/batch_sequence.h"
#include "dbot/data/loader/batch_work.h"
#include "dbot/data/loader/loader_config.h"

namespace dbot::data {
namespace {

void check_ranks(const LoaderConfig& config) {
  if (config.ranks < 1 || config.rank < 0 || config.rank >= config.ranks) {
    throw UsageError(
        fmt::format("[loader] rank {} of {}, expected a rank from 0 and below their number",
                    config.rank, config.ranks));
  }
  if (config.batches_per_step >= 1) return;
  throw UsageError(
      fmt::format("[loader] {} batches a step, expected at least 1", config.batches_per_step));
}

void check_sources(const std::vector<SourceShare>& sources, std::int64_t dataset_size) {
  std::int64_t images = 0;
  for (const auto& source : sources) {
    images += source.images;
    if (source.images > 0 && source.weight > 0 && std::isfinite(source.weight)) continue;
    throw UsageError(
        fmt::format("[loader] a source of {} images has the weight {}, expected both "
                    "above 0",
                    source.images, source.weight));
  }
  if (!sources.empty() && images != dataset_size) {
    throw UsageError(
        fmt::format("[loader] the sources have {} images, expected the {} of the data "
                    "set they make up",
                    images, dataset_size));
  }
}

/// Whether an epoch's batches can be filled.
void check_length(const LoaderConfig& config, std::int64_t dataset_size) {
  const std::int64_t at_once =
      std::max<std::int64_t>(1, config.batches_per_epoch) * std::int64_t{config.ranks};
  if (at_once <= dataset_size / config.batch_size) return;
  throw UsageError(fmt::format(
      "[loader] {} of {} images need more than the {} images of the data set; choose a "
      "train.batch_size of at most {}",
      at_once == 1 ? "a batch" : fmt::format("{} batches an epoch", at_once), config.batch_size,
      dataset_size, std::max<std::int64_t>(1, dataset_size / at_once)));
}

void check(const LoaderConfig& config, std::int64_t dataset_size) {
  if (dataset_size <= 0)
    throw DataError(
        {.operation = "loader", .fault = Fault::empty, .reason = "the data set has no image"});
  if (config.batch_size <= 0 || config.first_batch < 0) {
    throw UsageError(
        fmt::format("[loader] batch size {} and first batch {}, expected at least 1 "
                    "and 0",
                    config.batch_size, config.first_batch));
  }
  check_ranks(config);
  if (!config.training) return;
  check_sources(config.sources, dataset_size);
  check_length(config, dataset_size);
}

/// Two batches, or more where batches are so small that two hold no work for everybody; fewer where
/// they are large. `at_once`: samples that the threads work on together.
std::int64_t most_ahead(const LoaderConfig& config, const std::vector<BatchPartFactory>& parts,
                        std::int64_t at_once) {
  std::int64_t bytes = 0;
  for (const auto& part : parts) bytes += config.batch_size * part.slot_bytes;
  const auto wanted =
      1 + std::max<std::int64_t>(1, (2 * at_once + config.batch_size - 1) / config.batch_size);
  return std::clamp<std::int64_t>(config.queue_bytes / std::max<std::int64_t>(bytes, 1), 1, wanted);
}

}  // namespace

struct Loader::State {
  State(std::shared_ptr<const Dataset> samples, std::vector<BatchPartFactory> factories,
        const LoaderConfig& settings, core::Log messages)
      : dataset(std::move(samples)),
        parts(std::move(factories)),
        config(settings),
        log(std::move(messages)),
        sequence(dataset->size(), config),
        bad(dataset->size(), config.max_bad_fraction, config.training) {
    if (config.workers > 0) pool.emplace(config.workers);
    // Several tasks a batch, so that all threads work on the batch that is waited for; several
    // samples a task, so that small pictures are not outweighed by the handing over.
    const std::int64_t workers = std::max(1, config.workers);
    chunk_size = std::clamp<std::int64_t>(config.batch_size / (4 * workers), 1, 32);
    batches_ahead = pool ? most_ahead(config, parts, workers * chunk_size) : 1;
  }

  /// Hands batches to the threads until `batches_ahead` are under way.
  void fill() {
    while (static_cast<std::int64_t>(pending.size()) < batches_ahead) {
      auto plan = sequence.next();
      if (!plan) return;
      auto work =
          std::make_shared<BatchWork>(*dataset, parts, config, bad, std::move(*plan), chunk_size);
      for (std::int64_t chunk = 0; chunk < work->chunks(); ++chunk) {
        if (!pool) {
          work->run_chunk(chunk, stopping);
          continue;
        }
        pool->submit([work, chunk, this] { work->run_chunk(chunk, stopping); });
      }
      pending.push_back(std::move(work));
    }
  }

  std::optional<Batch> next() {
    for (;;) {
      fill();
      if (pending.empty()) return std::nullopt;
      const auto work = std::move(pending.front());
      pending.pop_front();
      work->wait();
      if (pool) fill();
      bad.add(work->findings(), work->planned(), log);
      not_taken.add(work->findings());
      auto batch = work->take();
      if (batch.size() > 0) return batch;
    }
  }

  const std::shared_ptr<const Dataset> dataset;
  const std::vector<BatchPartFactory> parts;
  const LoaderConfig config;
  const core::Log log;
  BatchSequence sequence;
  BadSamples bad;
  BadFindings not_taken;
  std::int64_t chunk_size = 1, batches_ahead = 2;
  std::deque<std::shared_ptr<BatchWork>> pending;
  std::atomic<bool> stopping = false;
  double wait_seconds = 0;
  std::optional<core::ThreadPool> pool;  // last: its threads end before what they use
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, std::vector<BatchPartFactory> parts,
               const LoaderConfig& config, core::Log log) {
  check(config, dataset->size());
  state_ = std::make_unique<State>(std::move(dataset), std::move(parts), config, std::move(log));
}

Loader::~Loader() {
  state_->stopping = true;
}

std::optional<Batch> Loader::next() {
  const core::Stopwatch clock;
  auto batch = state_->next();
  state_->wait_seconds += clock.seconds();
  return batch;
}

std::int64_t Loader::ready() const {
  const auto& pending = state_->pending;
  const auto unfinished = std::find_if(pending.begin(), pending.end(),
                                       [](const auto& work) { return !work->finished(); });
  return unfinished - pending.begin();
}

std::int64_t Loader::ahead() const {
  return state_->pool ? state_->batches_ahead : 0;
}

double Loader::wait_seconds() const {
  return state_->wait_seconds;
}

std::vector<std::string> Loader::bad_samples() const {
  return state_->bad.list();
}

BadFindings Loader::take_findings() {
  return std::exchange(state_->not_taken, {});
}

void Loader::add_findings(const BadFindings& findings, std::int64_t planned) {
  state_->bad.add(findings, planned, state_->log);
}

}  // namespace dbot::data
