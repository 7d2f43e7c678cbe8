#pragma once

namespace dbot::test::fake {

/// LibTorch's flash attention on the device, as GPUs have it, by the CPU's kernel of that kind.
/// Called once, with the other operators.
void install_attention();

}  // namespace dbot::test::fake
