#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dbot/runtime/launch/launched.h"
#include "dbot/runtime/process_group/cuts.h"
#include "dbot/runtime/process_group/store.h"

namespace dbot::runtime {

/// Who and where the processes are that train one run together.
struct GroupConfig {
  int rank = 0, ranks = 1;
  int local_rank = 0, local_ranks = 1;  // among those of this machine
  StoreConfig store = {};
  bool store_is_served = false;  // by the launcher, not by rank 0
  double meeting_seconds = 60;   // for all ranks to be there
  double timeout_seconds = 600;  // for one message of a collective; a heartbeat sees losses sooner
  std::string own_address = {};  // empty: the interface that leads to the store
};

/// What a launcher says, as a configuration.
GroupConfig group_config(const Launched& launched);

/// Who watches a group's collectives, and knows better than a closed connection what has happened
/// (runtime/heartbeat.h).
class GroupWatch {
 public:
  virtual ~GroupWatch() = default;
  /// A collective begins in which the others may be `seconds` late; 0: as much as is usual.
  virtual void enter(double seconds) = 0;
  virtual void leave() = 0;
  /// A collective has failed: waits until it is known why, and throws Error with that. Returns if
  /// it stays unknown.
  virtual void tell() = 0;
};

/// The processes of a run, each a rank, and what they do together. Collectives are called by all
/// ranks in the same order, from one thread, on contiguous CPU tensors of one dimension and of
/// equal sizes and types. They throw LostConnection when a rank is gone, or what the watch knows of
/// it. A group of one does nothing and opens no socket.
class Group {
 public:
  /// Of one.
  Group();
  /// Meets the others. Throws UsageError where the store cannot be reached or served, and after
  /// `meeting_seconds` when ranks are missing, naming them.
  explicit Group(const GroupConfig& config);
  ~Group();
  Group(Group&&) noexcept;
  Group& operator=(Group&&) noexcept;

  int rank() const { return config_.rank; }
  int ranks() const { return config_.ranks; }
  int local_rank() const { return config_.local_rank; }
  const GroupConfig& config() const { return config_; }
  /// Of a rank, for messages.
  const std::string& host(int rank) const { return hosts_.at(static_cast<std::size_t>(rank)); }

  /// `flat` becomes the sum over all ranks, the same bits on each: of a power of two of ranks in a
  /// binary tree of neighbours (tree_sum.h), else by Gloo's ring.
  void sum(const at::Tensor& flat);
  /// The same by Gloo's ring in any case: other bits for each number of ranks.
  void ring_sum(const at::Tensor& flat);
  /// This rank's shard of the sum, in its place of `flat`; the other shards are spent.
  at::Tensor reduce_scatter(const at::Tensor& flat, const Cuts& cuts);
  /// The shard of each rank to all. After `reduce_scatter` this makes `sum`, bit for bit.
  void all_gather(const at::Tensor& flat, const Cuts& cuts);
  /// The shard of each rank to rank 0.
  void gather_shards(const at::Tensor& flat, const Cuts& cuts);
  /// This rank's shard of a buffer.
  at::Tensor shard(const at::Tensor& flat, const Cuts& cuts) const;
  /// `flat` of rank `from` to all.
  void broadcast(const at::Tensor& flat, int from = 0);
  /// Each value becomes the least of all ranks.
  void minimum(std::span<std::int64_t> values);
  std::int64_t minimum(std::int64_t value);
  /// On rank 0 [ranks, …]: the tensor of each, of one shape. Undefined on the others.
  at::Tensor gather(const at::Tensor& values);
  /// Until all have come. `seconds`: how late they may be; 0: as much as is usual.
  void barrier(double seconds = 0);

  /// Not in a group of one.
  Store& store();
  /// Null: nobody. The watch must outlive the group's use of it.
  void watch(GroupWatch* watch);
  /// From any thread: what is waited for throws, and all later calls.
  void abort();
  /// By this rank's messages so far, Gloo's ring not counted; from any thread.
  std::int64_t bytes_sent() const;

 private:
  struct Connections;
  struct Meeting;
  /// Runs `body(links, seconds)` as a collective, unless the group is one of one.
  template <typename Body>
  void together(double seconds, const Body& body);
  static Meeting meet(const GroupConfig& config);

  GroupConfig config_;
  std::vector<std::string> hosts_;
  std::unique_ptr<Connections> connections_;  // null: a group of one
};

}  // namespace dbot::runtime
