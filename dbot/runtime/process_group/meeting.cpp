// How the processes of a group find each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "dbot/core/clock.h"
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

/// Whose key is not set.
std::vector<int> missing_ranks(Store& store, const std::vector<std::string>& keys) {
  std::vector<int> missing;
  for (std::size_t rank = 0; rank < keys.size(); ++rank) {
    if (!store.find(keys[rank])) missing.push_back(static_cast<int>(rank));
  }
  return missing;
}

[[noreturn]] void refuse_missing(const GroupConfig& config, const std::vector<int>& missing) {
  throw UsageError(ErrorFields{
      .operation = "processes",
      .subject = fmt::format("rank{} {}", missing.size() == 1 ? "" : "s", list_text(missing)),
      .fault = Fault::missing,
      .reason =
          fmt::format("of {} did not come within {:.0f} s", config.ranks, config.meeting_seconds),
      .way_out = "look what those processes say, and start all of them together"});
}

/// A text that no other process has.
std::string new_mark() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

/// What a process says of itself, in one line.
struct Entry {
  std::string mark;     // no other process has it
  std::string address;  // digits at which it reaches the store
  std::string host;

  std::string to_text() const { return fmt::format("{} {} {}", mark, address, host); }
  static Entry of_text(const std::string& text) {
    Entry entry;
    std::istringstream(text) >> entry.mark >> entry.address >> entry.host;
    return entry;
  }
};

/// Where all have come: the name of their meeting, and what each said, by rank.
struct Roll {
  std::string meeting;
  std::vector<Entry> entries;
};

std::vector<Entry> entries_of(const std::string& roll) {
  std::vector<Entry> entries;
  std::istringstream lines(roll);
  for (std::string line; std::getline(lines, line);) entries.push_back(Entry::of_text(line));
  return entries;
}

constexpr const char* kMeetingKey = "meeting";

std::string roll_key(const std::string& meeting) {
  return meeting + "/roll";
}

/// Of rank 0: gives the meeting a name, waits for all, and writes down who has come.
Roll call_the_roll(Store& store, const GroupConfig& config, const Entry& own) {
  const std::string name = new_mark();
  const std::vector<std::string> keys = keys_of_ranks((name + "/here").c_str(), config.ranks);
  store.set(keys[0], own.to_text());
  store.set(kMeetingKey, name);
  if (!store.wait(keys, config.meeting_seconds)) {
    const std::vector<int> missing = missing_ranks(store, keys);
    if (!missing.empty()) refuse_missing(config, missing);  // else: in the last moment
  }
  const std::string roll = fmt::format("{}", fmt::join(store.get(keys), "\n"));
  store.set(roll_key(name), roll);
  return {.meeting = name, .entries = entries_of(roll)};
}

/// Of the others: comes to the meeting that rank 0 has called. One whose roll does not have this
/// process was of an earlier attempt.
Roll answer_the_call(Store& store, const GroupConfig& config, const Entry& own) {
  const auto place = static_cast<std::size_t>(config.rank);
  const core::Stopwatch clock;
  std::string name;
  double pause = 0.005;
  while (clock.seconds() < config.meeting_seconds) {
    const std::optional<std::string> called = store.find(kMeetingKey);
    if (called && *called != name) {
      name = *called;
      store.set(fmt::format("{}/here/{}", name, config.rank), own.to_text());
    }
    const auto roll = called ? store.find(roll_key(name)) : std::nullopt;
    const std::vector<Entry> entries = entries_of(roll.value_or(""));
    if (place < entries.size() && entries[place].mark == own.mark) {
      return {.meeting = name, .entries = entries};
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(pause));
    pause = std::min(1.5 * pause, 0.25);
  }
  std::vector<int> missing = missing_ranks(store, keys_of_ranks("here", config.ranks));
  if (missing.empty()) missing = {0};  // its key is of an earlier attempt, and it calls no meeting
  refuse_missing(config, missing);
}

/// Rank 0 is gone, and its store with it, before all have come.
[[noreturn]] void refuse_closed_store(const GroupConfig& config) {
  throw UsageError(
      ErrorFields{.operation = "processes",
                  .subject = config.store_is_served ? "the launcher" : "rank 0",
                  .fault = Fault::missing,
                  .reason = fmt::format("has ended before all {} ranks had come", config.ranks),
                  .way_out = "look what it says, and start all of them together"});
}

/// All ranks, or a UsageError. A store that the launcher serves may keep keys of earlier attempts,
/// and torchrun's agents number those differently: so each meeting has a name of its own.
Roll meet_all(Store& store, const GroupConfig& config, const std::string& store_address) {
  const Entry own{.mark = new_mark(), .address = store_address, .host = own_host_name()};
  try {
    store.set(fmt::format("here/{}", config.rank), own.to_text());  // for messages
    return config.rank == 0 ? call_the_roll(store, config, own)
                            : answer_the_call(store, config, own);
  } catch (const LostConnection&) {
    refuse_closed_store(config);
  }
}

/// The interface at which the others reach this process. On the host of the store, its name may
/// lead to the loopback interface; then those elsewhere have said by which address they came.
std::string reachable_address(const GroupConfig& config, const std::string& store_address,
                              const Roll& roll) {
  const bool elsewhere = config.local_ranks < config.ranks;
  if (elsewhere && is_loopback(store_address)) {
    for (const Entry& entry : roll.entries) {
      if (!is_loopback(entry.address) && is_own_address(entry.address)) return entry.address;
    }
  }
  return own_address_towards(store_address, elsewhere);
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
                    .prefix = "dbot/" + launched.attempt + "/",
                    .others_elsewhere = launched.local_ranks < launched.ranks},
          .store_is_served = launched.store_is_served};
}

Group::Meeting Group::meet(const GroupConfig& config) {
  Meeting meeting;
  meeting.connections.store = open_store(config.store);
  Store& store = *meeting.connections.store;
  const std::string store_address = resolved_address(config.store.address);
  const Roll roll = meet_all(store, config, store_address);
  for (const Entry& entry : roll.entries) meeting.hosts.push_back(entry.host);
  const std::string own = config.own_address.empty()
                              ? reachable_address(config, store_address, roll)
                              : config.own_address;
  meeting.name = roll.meeting + "/";
  store.go_into(meeting.name);
  meeting.connections.transport =
      connect_ranks(store, config.rank, config.ranks, own, config.meeting_seconds);
  return meeting;
}

}  // namespace dbot::runtime
