#include "dbot/data/audit/survey/survey.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <utility>

#include "dbot/core/thread_pool.h"
#include "dbot/data/audit/survey/examiner.h"

namespace dbot::data {
namespace {

constexpr auto kTimeBetweenTellings = std::chrono::milliseconds(50);
constexpr std::uint64_t kMemoryForPixels = std::uint64_t{2} << 30;

/// What the workers share with the one who waits for them.
struct Common {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::int64_t> finished;  // and not told yet
  int working = 0;
  std::exception_ptr failure;
};

}  // namespace

void survey(const AuditedSet& set, const SurveyConfig& config, std::span<const std::int64_t> wanted,
            std::vector<ImageFacts>& facts,
            const std::function<void(std::span<const std::int64_t>)>& told,
            const core::StopRequest& stop) {
  MemoryBudget budget(kMemoryForPixels);
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> ended = false;
  Common common;
  common.working = config.workers;
  const auto work = [&] {
    try {
      Examiner examiner(config.channels, config.pixels, budget);
      for (std::size_t i; !ended && !stop.requested() && (i = next++) < wanted.size();) {
        const std::int64_t image = wanted[i];
        const auto& part = set.part_of(image);
        facts[static_cast<std::size_t>(image)] = examiner.examine(*part.images, image - part.begin);
        const std::lock_guard lock(common.mutex);
        common.finished.push_back(image);
      }
    } catch (...) {  // not what is wrong with an image, but a lack of memory, for example
      const std::lock_guard lock(common.mutex);
      common.failure = std::current_exception();
      ended = true;
    }
    const std::lock_guard lock(common.mutex);
    --common.working;
    common.changed.notify_all();
  };

  core::ThreadPool pool(config.workers);
  for (int i = 0; i < config.workers; ++i) pool.submit(work);
  std::unique_lock lock(common.mutex);
  while (true) {
    const bool over =
        common.changed.wait_for(lock, kTimeBetweenTellings, [&] { return common.working == 0; });
    const auto finished = std::exchange(common.finished, {});
    lock.unlock();
    try {
      if (!finished.empty()) told(finished);
    } catch (...) {
      ended = true;  // the pool waits for the images under way
      throw;
    }
    lock.lock();
    if (over) break;
  }
  if (common.failure) std::rethrow_exception(common.failure);
}

std::vector<ImageFacts> survey_all(const AuditedSet& set, const SurveyConfig& config,
                                   const core::TellProgress& tell, const core::StopRequest& stop) {
  std::vector<ImageFacts> facts(static_cast<std::size_t>(set.size()));
  std::vector<std::int64_t> all(facts.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  std::int64_t done = 0;
  const auto told = [&](std::span<const std::int64_t> finished) {
    done += std::ssize(finished);
    if (tell) tell({.done = done, .total = set.size()});
  };
  survey(set, config, all, facts, told, stop);
  return facts;
}

}  // namespace dbot::data
