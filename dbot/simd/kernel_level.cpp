#include "dbot/simd/kernel_level.h"

#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>

#include "dbot/core/error.h"
#include "dbot/runtime/processor.h"

namespace dbot::simd {
namespace {

struct Level {
  KernelLevel level;
  std::string_view name;
  std::int64_t target;       // of Highway; the smaller the number, the wider the vectors
  bool (*more)() = nullptr;  // what it needs beside the vectors
};

bool has_bf16_products() {
  static const bool has = runtime::processor_features().avx512_bf16;
  return has;
}

bool has_tiles() {
  static const bool has =
      has_bf16_products() && runtime::processor_features().amx_bf16 && runtime::tiles_are_allowed();
  return has;
}

// In the order of the enumeration.
constexpr std::array<Level, 6> kLevels{
    {{KernelLevel::reference, "reference", 0},
     {KernelLevel::portable, "portable", 0},
     {KernelLevel::avx2, "avx2", HWY_AVX2},
     {KernelLevel::avx512, "avx512", HWY_AVX3},
     {KernelLevel::avx512_bf16, "avx512_bf16", HWY_AVX3, has_bf16_products},
     {KernelLevel::amx, "amx", HWY_AVX3, has_tiles}}};

const Level& entry(KernelLevel level) {
  return kLevels.at(static_cast<std::size_t>(level));
}

/// What is compiled and runs on this processor, before anything was chosen.
std::int64_t available_targets() {
  static const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return targets;
}

std::atomic<KernelLevel>& chosen() {
  static std::atomic<KernelLevel> level = default_kernel_level();
  return level;
}

std::string names(const std::vector<KernelLevel>& levels) {
  std::string text;
  for (const KernelLevel level : levels) {
    text += (text.empty() ? "" : ", ") + std::string(name(level));
  }
  return text;
}

}  // namespace

std::string_view name(KernelLevel level) {
  return entry(level).name;
}

std::vector<KernelLevel> supported_kernel_levels() {
  std::vector<KernelLevel> levels;
  for (const Level& level : kLevels) {
    const bool has_vectors = level.target == 0 || (available_targets() & level.target) != 0;
    if (has_vectors && (level.more == nullptr || level.more())) levels.push_back(level.level);
  }
  return levels;
}

KernelLevel default_kernel_level() {
  const KernelLevel highest = supported_kernel_levels().back();
  return highest >= KernelLevel::avx2 ? highest : KernelLevel::reference;
}

KernelLevel kernel_level() {
  return chosen();
}

void use_kernel_level(KernelLevel level) {
  const auto supported = supported_kernel_levels();
  if (std::find(supported.begin(), supported.end(), level) == supported.end()) {
    throw UsageError("[kernels] this processor has no " + std::string(name(level)) + ", only " +
                     names(supported));
  }
  // Wider targets have lower bits: all below this level's stay out of the choice.
  const std::int64_t lowest = level >= KernelLevel::avx2 ? entry(level).target : HWY_AVX2 << 1;
  const std::int64_t allowed = available_targets() & ~(lowest - 1);
  hwy::SetSupportedTargetsForTest(allowed);
  hwy::GetChosenTarget().Update(allowed);
  chosen() = level;
}

void use_kernel_level(std::string_view text) {
  if (text == "auto") return use_kernel_level(default_kernel_level());
  for (const Level& level : kLevels) {
    if (level.name == text) return use_kernel_level(level.level);
  }
  throw UsageError("[kernels] the level is " + std::string(text) + ", expected auto, " +
                   names(supported_kernel_levels()));
}

}  // namespace dbot::simd
