#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"

namespace dbot::objectives {

/// random: the student's own random start where their shapes agree; independent: a draw of its own;
/// file: weights.
enum class TeacherInit { random, independent, file };

/// Which features of a teacher are the target.
struct FeatureConfig {
  /// Apply the final LayerNorm. A teacher with a last matrix (CLIP's) always applies it to the cls
  /// token, and by this to the patch tokens as well.
  bool final_norm = false;
  std::int64_t mean_of_blocks = 1;  // the mean of what the last so many blocks give
};

/// Where the first stage's teacher comes from. docs/methods/dbot.md §2 (4, 5), §3.
struct TeacherConfig {
  TeacherInit init = TeacherInit::random;
  std::string path;         // of an encoder's weights; only with `file`, and then required
  std::int64_t depth = -1;  // blocks used; −1: the student's, or all of the file's
  // A teacher of another shape than the student; 0: as the student, or as the file says.
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t patch_size = 0;
  core::Size image_size;  // its input; 0×0: the size that gives the student's token grid
  // Pixel normalisation of its input, with `file`; empty: as the file says, or as is usual for it.
  std::vector<double> mean, std;
  FeatureConfig features;

  /// It comes from a file or differs from the student: it may not fit.
  bool has_own_shape() const {
    return init == TeacherInit::file || width > 0 || heads > 0 || patch_size > 0 ||
           image_size != core::Size{};
  }
};

}  // namespace dbot::objectives
