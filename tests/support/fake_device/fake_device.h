#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dbot/runtime/device.h"

namespace dbot::test::fake {

/// Teaches LibTorch the device, once; must come before the first backward pass of the process
/// (test_devices does it). From here on it takes no kernels of GPUs (host_kernels.h).
void install();

/// The one device of its kind.
runtime::Device device();

/// Values that have crossed between host and device.
struct Transfer {
  enum class Kind {
    read,       // the host waits for them
    late_read,  // they arrive when their event is waited for
    upload,
  };
  Kind kind = Kind::read;
  std::string caller;  // functions of the project, the innermost first: "nn::a <- train::b"
  std::size_t bytes = 0;
};

/// Whether each transfer's caller is looked for, which takes a millisecond.
enum class Callers { unknown, named };

/// Keeps what happens on the device while it lives. One at a time.
class Watch {
 public:
  explicit Watch(Callers callers = Callers::named);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::vector<Transfer> transfers(Transfer::Kind kind) const;
  std::size_t reads() const { return transfers(Transfer::Kind::read).size(); }
  std::size_t uploads() const { return transfers(Transfer::Kind::upload).size(); }
  /// Operators in their order with the shapes of their tensors: "aten::mm [2, 3] [3, 4]".
  std::vector<std::string> operators() const;
  /// Forgets what was so far.
  void restart();
};

/// All as one text, for messages of tests.
std::string text_of(const std::vector<Transfer>& transfers);

}  // namespace dbot::test::fake
