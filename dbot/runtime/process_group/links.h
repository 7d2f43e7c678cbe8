#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/runtime/process_group/transport.h"

namespace dbot::runtime {

/// A rank with its connections to the others: what collectives are made of.
struct Links {
  Transport& transport;
  int rank;
  int ranks;
};

/// Large tensors travel in pieces of so many bytes, so that the work on one goes on while the next
/// is on its way.
inline constexpr std::int64_t kPieceBytes = 4 << 20;

/// A flat tensor in its pieces, in order. None for an empty one: nothing is sent then.
inline std::vector<at::Tensor> pieces_of(const at::Tensor& flat) {
  const std::int64_t size = flat.numel();
  const std::int64_t most = kPieceBytes / static_cast<std::int64_t>(flat.element_size());
  std::vector<at::Tensor> pieces;
  for (std::int64_t begin = 0; begin < size; begin += most) {
    pieces.push_back(flat.narrow(0, begin, std::min(most, size - begin)));
  }
  return pieces;
}

using Transfers = std::vector<std::unique_ptr<Transfer>>;

inline Transfers send_pieces(const Links& links, const at::Tensor& flat, int to) {
  Transfers transfers;
  for (const at::Tensor& piece : pieces_of(flat)) {
    transfers.push_back(links.transport.send(piece, to, static_cast<int>(transfers.size())));
  }
  return transfers;
}

inline Transfers receive_pieces(const Links& links, const at::Tensor& flat, int from) {
  Transfers transfers;
  for (const at::Tensor& piece : pieces_of(flat)) {
    transfers.push_back(links.transport.receive(piece, from, static_cast<int>(transfers.size())));
  }
  return transfers;
}

inline void wait_for(const Transfers& transfers, double seconds) {
  for (const auto& transfer : transfers) transfer->wait(seconds);
}

}  // namespace dbot::runtime
