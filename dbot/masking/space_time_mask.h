#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dbot/masking/cube_mask.h"
#include "dbot/masking/random_mask.h"
#include "dbot/masking/space_time_grid.h"

// Which tokens of a clip are hidden. docs/methods/mae_st.md §2; Feichtenhofer et al., arXiv
// 2205.09113, section 3.
namespace dbot::masking {

/// random: each token alone; tube: the same places in all steps; frame: whole steps; cube: blocks
/// of places and steps; per_frame: in each step equally many places.
enum class SpaceTimeMaskKind { random, tube, frame, cube, per_frame };

/// As recipes spell them, in the order of the enumeration.
const std::vector<std::string>& space_time_mask_kinds();

struct SpaceTimeMaskConfig {
  SpaceTimeMaskKind kind = SpaceTimeMaskKind::random;
  double ratio = 0.9;  // share of tokens hidden from the student
  /// Tubes that leave as many tokens as a random mask, the last one cut short, as the reference
  /// has them.
  bool ragged_tubes = false;
};

/// Tokens that a mask leaves visible in every clip; they differ by kind, since tubes and steps are
/// whole: trunc(tokens · (1 − ratio)) in double precision for random and ragged ones. Throws
/// UsageError for a ratio outside 0…1.
std::int64_t visible_tokens(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid);

/// Numbers of noise that a mask of this kind is made of: of a token, a place or a step; none for
/// cubes.
std::int64_t noise_values(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid);

/// The masks of noise, float32 [batch, noise_values]: least noise stays visible, ties break by
/// index. Visible tokens are in the order of their noise for random and ragged ones, else in that
/// of the clip. Throws Error for noise of another shape, and for cubes, which have none.
Mask space_time_mask(const at::Tensor& noise, const SpaceTimeMaskConfig& config,
                     const SpaceTimeGrid& grid);

/// What the masks of a batch are drawn as: noise for `space_time_mask`, or the cubes themselves,
/// float32 [batch · repeats, …]; the rows of a sample are neighbours, and depend on (seed, stage,
/// epoch, sample, repeat) alone.
at::Tensor space_time_draws(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                            std::span<const std::int64_t> sample_ids, std::int64_t repeats,
                            const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid);

/// round(tokens · ratio) tokens by blocks of a fifth of a step's places to all of them.
CubeConfig cube_config(const SpaceTimeMaskConfig& config, const SpaceTimeGrid& grid);

/// The masks that such draws make.
Mask mask_of_draws(const at::Tensor& draws, const SpaceTimeMaskConfig& config,
                   const SpaceTimeGrid& grid);

}  // namespace dbot::masking
