#pragma once

#include <string_view>
#include <vector>

namespace dbot::simd {

/// The code that operations run where there is a choice. All levels compute the same up to
/// rounding. `reference` is plain ATen calls, differentiated by autograd; the others are the
/// project's kernels, compiled for any processor, for AVX2, and for AVX-512. From `avx512_bf16` on
/// they multiply bfloat16 matrices as well, by dot products of AVX512-BF16 or on the tiles of AMX;
/// float32 is computed as on `avx512`.
enum class KernelLevel { reference, portable, avx2, avx512, avx512_bf16, amx };

std::string_view name(KernelLevel level);

/// What this processor can run, lowest first; `reference` and `portable` are always there.
std::vector<KernelLevel> supported_kernel_levels();

/// What is used where nothing else is asked for: the widest vectors there are, from AVX2 on;
/// without those, LibTorch is faster than `portable`.
KernelLevel default_kernel_level();

/// The default until another is chosen.
KernelLevel kernel_level();

/// Chooses for this process. Call while no operation runs. Throws UsageError for a level that this
/// processor does not have.
void use_kernel_level(KernelLevel level);

/// The same by name, or "auto" for the default. Throws UsageError for a name that is none.
void use_kernel_level(std::string_view name);

}  // namespace dbot::simd
