#include "dbot/data/sources/in_parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <latch>
#include <mutex>

#include "dbot/core/thread_pool.h"

namespace dbot::data {

void in_parallel(std::size_t count, int threads, const std::function<void(std::size_t)>& task) {
  const auto workers = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr error;
  std::size_t error_at = count;
  const auto work = [&] {
    while (!failed.load()) {
      const std::size_t at = next.fetch_add(1);
      if (at >= count) return;
      try {
        task(at);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (at < error_at) error = std::current_exception();
        error_at = std::min(error_at, at);
        failed.store(true);
      }
    }
  };
  if (workers < 2) {
    work();
  } else {
    std::latch done(static_cast<std::ptrdiff_t>(workers));
    core::ThreadPool pool(static_cast<int>(workers));
    for (std::size_t i = 0; i < workers; ++i) {
      pool.submit([&] {
        work();
        done.count_down();
      });
    }
    done.wait();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace dbot::data
