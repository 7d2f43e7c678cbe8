#pragma once

#include <cstdint>
#include <vector>

namespace dbot::objectives {

/// Which frames of a clip are predicted. spread: evenly from the first to the last, both included;
/// stride: the first of each so many. docs/methods/mae_st.md §5.
enum class TargetFrames { spread, stride };

/// The numbers of `predicted` of `frames` frames, ascending. Places of spread ones are computed in
/// single precision and cut down, as the reference does: 8 of 16 are 0, 2, 4, 6, 8, 10, 12, 15.
/// Throws UsageError unless predicted is 1 to frames, and divides frames where it is a stride.
std::vector<std::int64_t> target_frames(std::int64_t frames, std::int64_t predicted,
                                        TargetFrames which = TargetFrames::spread);

}  // namespace dbot::objectives
