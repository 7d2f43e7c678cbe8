#include "dbot/core/thread_pool.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::core {

ThreadPool::ThreadPool(int threads) {
  if (threads < 1)
    throw Error(fmt::format("[thread pool] {} threads, expected at least 1", threads));
  try {
    threads_.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& reason) {
    const std::size_t started = threads_.size();
    stop();
    throw Error(fmt::format("[thread pool] the system gave {} of {} threads: {}; ask for fewer",
                            started, threads, reason.what()));
  }
}

ThreadPool::~ThreadPool() {
  stop();
}

void ThreadPool::submit(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void ThreadPool::stop() {
  std::deque<std::function<void()>> dropped;  // what tasks hold may be slow to end: not under lock
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
  }
  dropped.clear();
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ThreadPool::work() noexcept {
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (stopping_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace dbot::core
