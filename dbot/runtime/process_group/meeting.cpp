// How the processes of a group find each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/runtime/process_group/connections.h"
#include "dbot/runtime/process_group/network.h"

namespace dbot::runtime {
namespace {

std::vector<std::string> keys_of_ranks(const char* what, int ranks) {
  std::vector<std::string> keys;
  keys.reserve(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) keys.push_back(fmt::format("{}/{}", what, rank));
  return keys;
}

/// "1, 3, 4 and 61 more".
std::string list_text(const std::vector<int>& ranks) {
  constexpr std::size_t kShown = 16;
  if (ranks.size() <= kShown) return fmt::format("{}", fmt::join(ranks, ", "));
  return fmt::format("{} and {} more", fmt::join(ranks.begin(), ranks.begin() + kShown, ", "),
                     ranks.size() - kShown);
}

void call_the_roll(Store& store, const GroupConfig& config) {
  const std::vector<std::string> keys = keys_of_ranks("here", config.ranks);
  if (store.wait(keys, config.meeting_seconds)) return;
  std::vector<int> missing;
  for (int rank = 0; rank < config.ranks; ++rank) {
    if (!store.find(keys[static_cast<std::size_t>(rank)])) missing.push_back(rank);
  }
  if (missing.empty()) return;  // in the last moment
  throw UsageError(ErrorFields{
      .operation = "processes",
      .subject = fmt::format("rank{} {}", missing.size() == 1 ? "" : "s", list_text(missing)),
      .fault = Fault::missing,
      .reason =
          fmt::format("of {} did not come within {:.0f} s", config.ranks, config.meeting_seconds),
      .way_out = "look what those processes say, and start all of them together"});
}

}  // namespace

GroupConfig group_config(const Launched& launched) {
  return {.rank = launched.rank,
          .ranks = launched.ranks,
          .local_rank = launched.local_rank,
          .local_ranks = launched.local_ranks,
          .store = {.address = launched.address,
                    .port = launched.port,
                    .serve = launched.rank == 0 && !launched.store_is_served,
                    .prefix = "dbot/" + launched.attempt + "/"},
          .store_is_served = launched.store_is_served};
}

Group::Meeting Group::meet(const GroupConfig& config) {
  Meeting meeting;
  meeting.connections.store = open_store(config.store);
  Store& store = *meeting.connections.store;
  const bool elsewhere = config.local_ranks < config.ranks;
  const std::string own =
      config.own_address.empty()
          ? own_address_towards(resolved_address(config.store.address), elsewhere)
          : config.own_address;
  store.set(fmt::format("here/{}", config.rank), own_host_name());
  call_the_roll(store, config);
  meeting.hosts = store.get(keys_of_ranks("here", config.ranks));
  meeting.connections.transport =
      connect_ranks(store, config.rank, config.ranks, own, config.meeting_seconds);
  return meeting;
}

}  // namespace dbot::runtime
