#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "dbot/core/error.h"
#include "dbot/runtime/process_group/store.h"

namespace dbot::runtime {

/// Another process of the group does not answer, or this one was told to wait no longer.
class LostConnection : public Error {
 public:
  using Error::Error;
};

/// A tensor on its way. It must not be destroyed before `wait` has returned or thrown.
class Transfer {
 public:
  virtual ~Transfer() = default;
  /// Until it has left, or arrived. Throws LostConnection after `seconds`, at once when the other
  /// end is gone, and when `abort` is called.
  virtual void wait(double seconds) = 0;
};

/// Moves flat CPU tensors of any type between the ranks of a group, each with each. Calls come from
/// one thread, `abort` from any.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Both sides name the same tag and the same number of bytes. Messages with different tags may
  /// overtake each other.
  virtual std::unique_ptr<Transfer> send(const at::Tensor& values, int to, int tag) = 0;
  virtual std::unique_ptr<Transfer> receive(const at::Tensor& values, int from, int tag) = 0;
  /// `values` become their sum over all ranks, in the order that Gloo's ring adds: the same bits on
  /// all ranks, and in each run of so many.
  virtual void ring_sum(const at::Tensor& values, double seconds) = 0;
  /// From now on nothing is waited for: every call throws, those under way too.
  virtual void abort() = 0;
  /// By `send`, so far.
  virtual std::int64_t bytes_sent() const = 0;
};

/// Connects all ranks with each other; all call it at the same time. They find each other in the
/// store, one of `open_store`; `own_address` (digits) is that of the network interface which the
/// others reach. Throws LostConnection after `seconds`.
std::unique_ptr<Transport> connect_ranks(Store& store, int rank, int ranks,
                                         const std::string& own_address, double seconds);

}  // namespace dbot::runtime
