#include "dbot/runtime/process_group/group.h"

#include <ATen/ops/empty.h>

#include "dbot/core/error.h"
#include "dbot/runtime/process_group/collectives.h"
#include "dbot/runtime/process_group/connections.h"

namespace dbot::runtime {
namespace {

void check_flat(const at::Tensor& flat) {
  if (flat.dim() == 1 && flat.is_contiguous() && flat.device().is_cpu()) return;
  throw Error(ErrorFields{.operation = "processes",
                          .subject = "a tensor of " + std::to_string(flat.dim()) + " dimensions",
                          .fault = Fault::unsupported,
                          .reason = "is not sent, expected a contiguous one of one dimension in "
                                    "the memory of the host"});
}

}  // namespace

Group::Group() : hosts_(1) {}

Group::Group(const GroupConfig& config) : config_(config), hosts_(1) {
  if (config_.ranks > 1) {
    Meeting meeting = meet(config_);
    hosts_ = std::move(meeting.hosts);
    config_.store.prefix += meeting.name;  // for those who open it again
    connections_ = std::make_unique<Connections>(std::move(meeting.connections));
  }
}

Group::~Group() = default;
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;

template <typename Body>
void Group::together(double seconds, const Body& body) {
  if (!connections_) return;
  GroupWatch* watch = connections_->watch;
  if (watch != nullptr) watch->enter(seconds);
  try {
    body(Links{*connections_->transport, rank(), ranks()},
         std::max(seconds, config_.timeout_seconds));
  } catch (const LostConnection&) {
    if (watch != nullptr) watch->tell();
    throw;
  }
  if (watch != nullptr) watch->leave();
}

void Group::ring_sum(const at::Tensor& flat) {
  check_flat(flat);
  together(0, [&](const Links& links, double seconds) { links.transport.ring_sum(flat, seconds); });
}

void Group::sum(const at::Tensor& flat) {
  if (!is_power_of_two(ranks())) return ring_sum(flat);
  check_flat(flat);
  together(0, [&](const Links& links, double seconds) {
    const Cuts cuts = even_cuts(flat.numel(), links.ranks);
    connections_->tree.reduce_scatter(links, flat, cuts, seconds);
    TreeSum::all_gather(links, flat, cuts, seconds);
  });
}

at::Tensor Group::reduce_scatter(const at::Tensor& flat, const Cuts& cuts) {
  check_flat(flat);
  together(0, [&](const Links& links, double seconds) {
    if (!is_power_of_two(links.ranks)) return links.transport.ring_sum(flat, seconds);
    connections_->tree.reduce_scatter(links, flat, cuts, seconds);
  });
  return shard(flat, cuts);
}

void Group::all_gather(const at::Tensor& flat, const Cuts& cuts) {
  check_flat(flat);
  together(0, [&](const Links& links, double seconds) {
    if (!is_power_of_two(links.ranks)) return ring_gather(links, flat, cuts, seconds);
    TreeSum::all_gather(links, flat, cuts, seconds);
  });
}

at::Tensor Group::shard(const at::Tensor& flat, const Cuts& cuts) const {
  const auto own = static_cast<std::size_t>(shard_of(rank(), ranks()));
  return flat.narrow(0, cuts.at(own), cuts.at(own + 1) - cuts.at(own));
}

void Group::gather_shards(const at::Tensor& flat, const Cuts& cuts) {
  check_flat(flat);
  std::vector<at::Tensor> shards;
  for (int rank = 0; rank < ranks(); ++rank) {
    const auto own = static_cast<std::size_t>(shard_of(rank, ranks()));
    shards.push_back(flat.narrow(0, cuts.at(own), cuts.at(own + 1) - cuts.at(own)));
  }
  together(0, [&](const Links& links, double seconds) {
    runtime::gather(links, shard(flat, cuts), shards, seconds);
  });
}

void Group::broadcast(const at::Tensor& flat, int from) {
  check_flat(flat);
  together(0, [&](const Links& links, double seconds) {
    runtime::broadcast(links, flat, from, seconds);
  });
}

void Group::minimum(std::span<std::int64_t> values) {
  together(0,
           [&](const Links& links, double seconds) { runtime::minimum(links, values, seconds); });
}

std::int64_t Group::minimum(std::int64_t value) {
  minimum(std::span(&value, 1));
  return value;
}

at::Tensor Group::gather(const at::Tensor& values) {
  const at::Tensor part = values.contiguous().view(-1);
  check_flat(part);
  std::vector<std::int64_t> shape = values.sizes().vec();
  shape.insert(shape.begin(), ranks());
  at::Tensor all;
  std::vector<at::Tensor> parts;
  if (rank() == 0) {
    all = at::empty(shape, values.options());
    for (int rank = 0; rank < ranks(); ++rank) parts.push_back(all.select(0, rank).view(-1));
    parts[0].copy_(part);
  }
  together(
      0, [&](const Links& links, double seconds) { runtime::gather(links, part, parts, seconds); });
  return all;
}

void Group::barrier(double seconds) {
  std::int64_t nothing = 0;
  together(seconds, [&](const Links& links, double most) {
    runtime::minimum(links, std::span(&nothing, 1), most);
  });
}

Store& Group::store() {
  return *connections_->store;
}

void Group::watch(GroupWatch* watch) {
  if (connections_) connections_->watch = watch;
}

void Group::abort() {
  if (connections_) connections_->transport->abort();
}

std::int64_t Group::bytes_sent() const {
  return connections_ ? connections_->transport->bytes_sent() : 0;
}

}  // namespace dbot::runtime
