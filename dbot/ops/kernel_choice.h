#pragma once

#include "dbot/ops/kernel_level.h"
#include "dbot/ops/matrix_product.h"

namespace dbot::ops {

struct KernelChoice {
  KernelLevel level = KernelLevel::reference;
  ProductLibrary products = ProductLibrary::own;
};

/// Which kernels multiply float32 matrices fastest on this machine, with the threads of now: each
/// candidate takes turns for about 0.2 s. What is in use stays in use. Wider vectors are not always
/// faster: some processors split them.
KernelChoice measure_fastest_kernels();

}  // namespace dbot::ops
