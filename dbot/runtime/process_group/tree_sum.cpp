#include "dbot/runtime/process_group/tree_sum.h"

#include <ATen/ops/empty.h>

#include <utility>

namespace dbot::runtime {
namespace {

/// The shards that a rank is left with when its partner at `distance` has taken the others, out of
/// `begin` to `end`.
struct Halves {
  int begin, middle, end;
  bool upper;

  at::Tensor mine(const at::Tensor& flat, const Cuts& cuts) const {
    return upper ? shards(flat, cuts, middle, end) : shards(flat, cuts, begin, middle);
  }
  at::Tensor others(const at::Tensor& flat, const Cuts& cuts) const {
    return upper ? shards(flat, cuts, begin, middle) : shards(flat, cuts, middle, end);
  }

 private:
  static at::Tensor shards(const at::Tensor& flat, const Cuts& cuts, int first, int last) {
    const std::int64_t from = cuts[static_cast<std::size_t>(first)];
    return flat.narrow(0, from, cuts[static_cast<std::size_t>(last)] - from);
  }
};

/// At distance 1, 2, 4, ….
std::vector<std::pair<int, Halves>> levels_of(const Links& links) {
  std::vector<std::pair<int, Halves>> levels;
  int begin = 0, end = links.ranks;
  for (int distance = 1; distance < links.ranks; distance *= 2) {
    const Halves halves{.begin = begin,
                        .middle = begin + (end - begin) / 2,
                        .end = end,
                        .upper = (links.rank & distance) != 0};
    levels.emplace_back(distance, halves);
    (halves.upper ? begin : end) = halves.middle;
  }
  return levels;
}

}  // namespace

at::Tensor TreeSum::inbox(const at::Tensor& like) {
  const bool fits = inbox_.defined() && inbox_.scalar_type() == like.scalar_type() &&
                    inbox_.numel() >= like.numel();
  if (!fits) inbox_ = at::empty({like.numel()}, like.options());
  return inbox_.narrow(0, 0, like.numel());
}

void TreeSum::reduce_scatter(const Links& links, const at::Tensor& flat, const Cuts& cuts,
                             double seconds) {
  for (const auto& [distance, halves] : levels_of(links)) {
    const int partner = links.rank ^ distance;
    const at::Tensor mine = halves.mine(flat, cuts), received = inbox(mine);
    // All of a level is on its way before the first piece is waited for.
    const Transfers coming = receive_pieces(links, received, partner);
    const Transfers going = send_pieces(links, halves.others(flat, cuts), partner);
    const std::vector<at::Tensor> sums = pieces_of(mine), terms = pieces_of(received);
    for (std::size_t i = 0; i < coming.size(); ++i) {
      coming[i]->wait(seconds);
      sums[i].add_(terms[i]);  // a + b is b + a, bit for bit
    }
    wait_for(going, seconds);
  }
}

void TreeSum::all_gather(const Links& links, const at::Tensor& flat, const Cuts& cuts,
                         double seconds) {
  const auto levels = levels_of(links);
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    const auto& [distance, halves] = *level;
    const int partner = links.rank ^ distance;
    const Transfers coming = receive_pieces(links, halves.others(flat, cuts), partner);
    const Transfers going = send_pieces(links, halves.mine(flat, cuts), partner);
    wait_for(coming, seconds);
    wait_for(going, seconds);
  }
}

}  // namespace dbot::runtime
