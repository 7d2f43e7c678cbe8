#include "dbot/data/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/thread_pool.h"
#include "dbot/data/augmentation.h"
#include "dbot/data/bad_samples.h"
#include "dbot/data/batch_sequence.h"
#include "dbot/data/batch_work.h"

namespace dbot::data {
namespace {

void check(const LoaderConfig& config, std::int64_t dataset_size) {
  if (dataset_size <= 0) throw DataError("[loader] the data set has no image");
  if (config.channels != 1 && config.channels != 3) {
    throw UsageError(fmt::format("[loader] model.channels is {}, expected 1 (grey) or 3 (RGB)",
                                 config.channels));
  }
  if (config.image_size.height <= 0 || config.image_size.width <= 0) {
    throw UsageError(fmt::format("[loader] model.image_size is {}x{}, expected positive numbers",
                                 config.image_size.height, config.image_size.width));
  }
  if (config.batch_size <= 0 || config.first_batch < 0) {
    throw UsageError(
        fmt::format("[loader] batch size {} and first batch {}, expected at least 1 "
                    "and 0",
                    config.batch_size, config.first_batch));
  }
  if (!config.training) return;
  check_augmentation(config.augmentation, "data");
  check_views(config);
  const auto batches = std::max<std::int64_t>(1, config.batches_per_epoch);
  if (batches > dataset_size / config.batch_size) {
    throw UsageError(fmt::format(
        "[loader] {} of {} images need more than the {} images of the data set; choose a "
        "train.batch_size of at most {}",
        batches == 1 ? "a batch" : fmt::format("{} batches an epoch", batches), config.batch_size,
        dataset_size, std::max<std::int64_t>(1, dataset_size / batches)));
  }
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

struct Loader::State {
  State(std::shared_ptr<const Dataset> dataset_, const LoaderConfig& config_, core::Log log_)
      : dataset(std::move(dataset_)),
        config(config_),
        log(std::move(log_)),
        sequence(dataset->size(), config),
        bad(dataset->size(), config.max_bad_fraction, config.training),
        pool(std::max(1, config.workers)) {
    // Several tasks a batch, so that all threads work on the batch that is waited for; several
    // samples a task, so that small pictures are not outweighed by the handing over.
    const std::int64_t workers = pool.size();
    chunk_size = std::clamp<std::int64_t>(config.batch_size / (4 * workers), 1, 32);
    // Two batches, or more where batches are so small that two hold no work for everybody.
    batches_ahead =
        1 + std::max<std::int64_t>(
                1, (2 * workers * chunk_size + config.batch_size - 1) / config.batch_size);
  }

  /// Hands batches to the threads until `batches_ahead` are under way.
  void fill() {
    while (static_cast<std::int64_t>(pending.size()) < batches_ahead) {
      auto plan = sequence.next();
      if (!plan) return;
      auto work = std::make_shared<BatchWork>(*dataset, config, bad, std::move(*plan), chunk_size);
      for (std::int64_t chunk = 0; chunk < work->chunks(); ++chunk) {
        pool.submit([work, chunk, this] { work->run_chunk(chunk, stopping); });
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
      fill();
      bad.add(work->findings(), work->planned(), log);
      auto batch = work->take();
      if (batch.size() > 0) return batch;
    }
  }

  const std::shared_ptr<const Dataset> dataset;
  const LoaderConfig config;
  const core::Log log;
  BatchSequence sequence;
  BadSamples bad;
  std::int64_t chunk_size = 1, batches_ahead = 2;
  std::deque<std::shared_ptr<BatchWork>> pending;
  std::atomic<bool> stopping = false;
  double wait_seconds = 0;
  core::ThreadPool pool;  // last: its threads end before what they use
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, const LoaderConfig& config, core::Log log) {
  check(config, dataset->size());
  state_ = std::make_unique<State>(std::move(dataset), config, std::move(log));
}

Loader::~Loader() {
  state_->stopping = true;
}

std::optional<Batch> Loader::next() {
  const auto begin = std::chrono::steady_clock::now();
  auto batch = state_->next();
  state_->wait_seconds += seconds_since(begin);
  return batch;
}

double Loader::wait_seconds() const {
  return state_->wait_seconds;
}

std::vector<std::string> Loader::bad_samples() const {
  return state_->bad.list();
}

}  // namespace dbot::data
