#include "dbot/runtime/process_group/collectives.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>

namespace dbot::runtime {
namespace {

/// A rank's shard where each has that of its own number.
at::Tensor numbered_shard(const at::Tensor& flat, const Cuts& cuts, int rank) {
  const auto shard = static_cast<std::size_t>(rank);
  return flat.narrow(0, cuts[shard], cuts[shard + 1] - cuts[shard]);
}

}  // namespace

void minimum(const Links& links, std::span<std::int64_t> values, double seconds) {
  const auto count = static_cast<std::int64_t>(values.size());
  const at::Tensor told = at::empty({count}, at::kLong), heard = at::empty({count}, at::kLong);
  for (int distance = 1; distance < links.ranks; distance *= 2) {
    const int next = (links.rank + distance) % links.ranks;
    const int before = (links.rank + links.ranks - distance) % links.ranks;
    std::memcpy(told.mutable_data_ptr(), values.data(), values.size_bytes());
    const auto coming = links.transport.receive(heard, before, 0);
    const auto going = links.transport.send(told, next, 0);
    coming->wait(seconds);
    going->wait(seconds);
    const auto* others = heard.const_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::min(values[i], others[i]);
  }
}

void broadcast(const Links& links, const at::Tensor& flat, int from, double seconds) {
  const int place = (links.rank + links.ranks - from) % links.ranks;  // counted from the root
  const auto rank_at = [&](int at) { return (at + from) % links.ranks; };
  Transfers coming, going;
  int reach = 1;  // ranks below `reach` have it when this one is told
  if (place > 0) {
    while (2 * reach <= place) reach *= 2;
    coming = receive_pieces(links, flat, rank_at(place - reach));
    reach *= 2;
  }
  const std::vector<at::Tensor> pieces = pieces_of(flat);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!coming.empty()) coming[i]->wait(seconds);
    for (int step = reach; place + step < links.ranks; step *= 2) {
      going.push_back(links.transport.send(pieces[i], rank_at(place + step), static_cast<int>(i)));
    }
  }
  wait_for(going, seconds);
}

void ring_gather(const Links& links, const at::Tensor& flat, const Cuts& cuts, double seconds) {
  const int next = (links.rank + 1) % links.ranks;
  const int before = (links.rank + links.ranks - 1) % links.ranks;
  for (int round = 0; round + 1 < links.ranks; ++round) {
    const int mine = (links.rank + links.ranks - round) % links.ranks;
    const int others = (before + links.ranks - round) % links.ranks;
    const Transfers coming = receive_pieces(links, numbered_shard(flat, cuts, others), before);
    const Transfers going = send_pieces(links, numbered_shard(flat, cuts, mine), next);
    wait_for(coming, seconds);
    wait_for(going, seconds);
  }
}

void gather(const Links& links, const at::Tensor& part, std::span<const at::Tensor> parts,
            double seconds) {
  if (links.rank != 0) return wait_for(send_pieces(links, part, 0), seconds);
  Transfers coming;
  for (int rank = 1; rank < links.ranks; ++rank) {
    for (auto& transfer : receive_pieces(links, parts[static_cast<std::size_t>(rank)], rank)) {
      coming.push_back(std::move(transfer));
    }
  }
  wait_for(coming, seconds);
}

}  // namespace dbot::runtime
