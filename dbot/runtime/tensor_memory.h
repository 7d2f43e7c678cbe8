#pragma once

#include <cstdint>

// Memory of CPU tensors. A training step makes and frees the same large tensors again and again;
// what the system gives anew it first fills with zeros, page by page. So freed blocks are kept for
// later tensors of nearly the same size, and in a steady state nothing is asked of the system.
namespace dbot::runtime {

/// From now on, for this process: LibTorch's large CPU tensors (64 KiB and more) take their memory
/// from freed ones; those of 2 MiB and more lie in huge pages where the system gives them on
/// request. What is held never exceeds the most that was in use at one time by more than a quarter,
/// nor by more than 128 MiB. A tensor for which there is no memory throws std::bad_alloc, and no
/// c10::Error as before. May be called again.
void reuse_tensor_memory();

/// Bytes of large tensors, since `reuse_tensor_memory`.
struct TensorMemory {
  std::int64_t in_use = 0;
  std::int64_t kept = 0;      // free, for later tensors
  std::int64_t obtained = 0;  // blocks asked of the system so far: a number
};
TensorMemory tensor_memory();

/// Gives free blocks, and what the C library holds free, back to the system, and forgets how much
/// was ever in use.
void give_back_free_memory();

/// Work whose tensors fit no block of a training step, such as pictures and evaluations: free
/// memory goes back before it and after it, so that neither keeps the other's.
class WorkApart {
 public:
  WorkApart() { give_back_free_memory(); }
  ~WorkApart() { give_back_free_memory(); }
  WorkApart(const WorkApart&) = delete;
  WorkApart& operator=(const WorkApart&) = delete;
};

}  // namespace dbot::runtime
