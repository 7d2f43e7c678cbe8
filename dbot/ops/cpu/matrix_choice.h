#pragma once

#include "dbot/ops/cpu/matrix_product.h"

// What multiplies float32 matrices, by measurement on this machine with the threads of now: each
// candidate takes turns for some hundredths of a second. Call while no operation runs.
namespace dbot::ops {

/// From now on, as long as the kernel level stays: the project's kernels use the vectors that are
/// fastest here. Wider ones need not be: some processors split them. Changes no bit of a result,
/// since each element is a sum in the same order whatever the vectors.
void choose_matrix_vectors();

/// The faster library. Their results differ in rounding.
ProductLibrary measure_product_library();

}  // namespace dbot::ops
