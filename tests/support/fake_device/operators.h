#pragma once

namespace dbot::test::fake {

/// Registers the device's operators with LibTorch, for the rest of the process.
void install_operators();

}  // namespace dbot::test::fake
