#pragma once

#include <ATen/Parallel.h>

#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "dbot/runtime/process_group/group.h"
#include "dbot/runtime/process_group/store.h"

// Ranks of a group as threads of one process, with a store that the test serves.
namespace dbot::test {

/// A store for groups; each group takes keys of its own.
class ServedStore {
 public:
  ServedStore() : store_(runtime::open_store({.serve = true})) {}

  runtime::GroupConfig config(int rank, int ranks, const std::string& prefix = "") const {
    return {.rank = rank,
            .ranks = ranks,
            .local_rank = rank,
            .local_ranks = ranks,
            .store = {.port = store_->port(), .prefix = prefix, .seconds = 10},
            .store_is_served = true,
            .meeting_seconds = 20,
            .timeout_seconds = 20};
  }
  int port() const { return store_->port(); }

 private:
  std::unique_ptr<runtime::Store> store_;
};

/// Runs `body` as each rank, which makes its own group, and returns what they threw: the message,
/// or nothing.
inline std::vector<std::string> run_ranks_of(
    int ranks, const std::function<void(const runtime::GroupConfig&)>& body) {
  const ServedStore store;
  std::vector<std::string> problems(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      at::set_num_threads(1);  // of this one: otherwise each has compute threads of its own
      try {
        body(store.config(rank, ranks));
      } catch (const std::exception& problem) {
        problems[static_cast<std::size_t>(rank)] = problem.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return problems;
}

/// The same, of ranks that have met.
inline std::vector<std::string> run_ranks(int ranks,
                                          const std::function<void(runtime::Group&)>& body) {
  return run_ranks_of(ranks, [&body](const runtime::GroupConfig& config) {
    runtime::Group group(config);
    body(group);
  });
}

}  // namespace dbot::test
