#pragma once

#include <string>

// The CUDA module as the rest of the program sees it: the same functions with the module and
// without. no_cuda/ has those of a program without it.
namespace dbot::runtime::cuda {

/// Whether operations can run on a GPU in this process.
bool available();

/// GPUs that can be used; 0 without any.
int device_count();

/// A sentence that says why no GPU can be used. Empty if one can.
std::string why_not();

}  // namespace dbot::runtime::cuda
