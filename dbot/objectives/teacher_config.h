#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"

namespace dbot::objectives {

/// random: the student's own random start where their shapes agree; independent: a draw of its own;
/// file: weights.
enum class TeacherInit { random, independent, file };

/// What a teacher gives. network: what the whole network does, through its last matrix where it has
/// one (CLIP's), as `final_norm` and `mean_of_blocks` say. Without the last matrix: last_block,
/// what the last block gives; ln_post, the same behind the final LayerNorm; mean_of_last, the mean
/// of what the last `mean_of_blocks` blocks give. docs/methods/maskdistill.md §3.
enum class TeacherOutput { network, last_block, ln_post, mean_of_last };

/// How a crop of another size becomes the teacher's: both at half-pixel centres, no antialias.
enum class ImageResize { bicubic, bilinear };

/// How the position table of a teacher from a file gets another grid. file: as networks of the
/// file's kind have it (docs/methods/teachers.md §4); exact, at the places that share the grid's
/// extent, or dino, with DINO's scale: docs/methods/maskdistill.md §3.
enum class TeacherPositions { file, exact, dino };

/// stage: a copy of the student at the end of each stage (dBOT); step: its moving average, from its
/// own start on (data2vec, arXiv 2202.03555).
enum class TeacherUpdate { stage, step };

/// Which features of a teacher are the target.
struct FeatureConfig {
  /// Apply the final LayerNorm. A teacher with a last matrix (CLIP's) always applies it to the cls
  /// token, and by this to the patch tokens as well.
  bool final_norm = false;
  std::int64_t mean_of_blocks = 1;  // the mean of what the last so many blocks give
  TeacherOutput output = TeacherOutput::network;
  ImageResize resize = ImageResize::bicubic;
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
  TeacherPositions position_resize = TeacherPositions::file;
  TeacherUpdate update = TeacherUpdate::stage;
  double momentum = 0.9998;  // of a moving average: what a step keeps of the teacher

  /// It comes from a file or differs from the student: it may not fit.
  bool has_own_shape() const {
    return init == TeacherInit::file || width > 0 || heads > 0 || patch_size > 0 ||
           image_size != core::Size{};
  }
};

}  // namespace dbot::objectives
