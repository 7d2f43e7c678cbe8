// The recipe keys of masked modelling: their bounds, units and meanings. The upper bounds only keep
// slips of the finger from asking for absurd amounts of memory.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"

namespace dbot::methods {
namespace {

using core::above;
using core::at_least;
using core::below;
using core::Settings;

void bind_model(Settings& settings, MaskedModelingConfig& config) {
  bind_encoder(settings, config.encoder);
  settings.add_choice("student.kind", config.student, {"asymmetric", "symmetric"},
                      "Encoder of visible patches with a decoder (MAE, dBOT), or an encoder with a "
                      "token in place of masked patches and one matrix (BEiT).");
  bind_decoder(settings, config.decoder);
}

void bind_teacher(Settings& settings, MaskedModelingConfig& config) {
  auto& teacher = config.teacher;
  settings.add_choice("teacher.init", teacher.init, {"random", "independent", "file"},
                      "The first teacher: the student's own random start, another random draw, or "
                      "weights from a file.");
  settings.add("teacher.path", teacher.path,
               "Weights of the first teacher, with init = \"file\" alone.");
  settings.add("teacher.depth", teacher.depth, at_least(-1, kMostBlocks), "blocks",
               "Blocks the first teacher uses; −1: the student's, or all of the file.");
  settings.add("teacher.width", teacher.width, at_least(0, kMostWidth), "",
               "Features of the first teacher; 0: the student's, or the file's.");
  settings.add("teacher.heads", teacher.heads, at_least(0, kMostWidth), "",
               "Attention heads of the first teacher; 0: the student's, or the file's.");
  settings.add("teacher.patch_size", teacher.patch_size, at_least(0, kMostPixels), "pixels",
               "Patch of the first teacher; 0: the student's, or the file's.");
  settings.add("teacher.image_size", teacher.image_size, at_least(0, kMostPixels), "pixels",
               "Input size of the first teacher; 0: the one that gives the student's token grid.");
  settings.add("teacher.mean", teacher.mean, at_least(-1000, 1000), "pixels in 0…1",
               "Of the input of a teacher from a file; empty: as the file says, else ImageNet's.");
  settings.add("teacher.std", teacher.std, above(0, 1000), "pixels in 0…1",
               "Of the input of a teacher from a file; empty: as the file says, else ImageNet's.");
  settings.add(
      "teacher.final_norm", teacher.features.final_norm,
      "Apply the teacher's final LayerNorm to its features (CLIP's: to patch tokens too).");
  settings.add("teacher.mean_of_blocks", teacher.features.mean_of_blocks, at_least(1, kMostBlocks),
               "blocks", "The target is the mean of what the teacher's last so many blocks give.");
}

void bind_objective(Settings& settings, MaskedModelingConfig& config) {
  settings.add_choice("mask.kind", config.mask.kind, {"random", "block"},
                      "How patches are chosen: each alone, or in rectangles (symmetric student).");
  settings.add("mask.ratio", config.mask.ratio, below(0, 1), "fraction",
               "Share of the patches hidden from the student; of blocks the most.");
  settings.add("mask.smallest_block", config.mask.smallest_block, at_least(1, 65536), "patches",
               "Least area of a block.");
  settings.add("mask.narrowest_block", config.mask.narrowest_block, above(0, 1), "height / width",
               "Shape of a block: between this and its inverse.");
  settings.add_choice("objective.target", config.objective.target, {"teacher", "pixels"},
                      "What the student predicts: a teacher's features (dBOT) or pixels (MAE).");
  settings.add_choice("objective.normalisation", config.objective.normalisation,
                      {"none", "token", "patch"},
                      "Standardise the target: features per token, pixels per patch, or not.");
  settings.add_choice("objective.loss", config.loss.kind,
                      {"mse", "smooth_l1", "l1", "l2", "cosine"},
                      "Distance between prediction and target.");
  settings.add("objective.cls", config.objective.cls,
               "The teacher's feature of the cls token is predicted as well.");
  settings.add("objective.beta", config.loss.beta, above(0, 1e6), "",
               "Where smooth_l1 turns from square to linear.");
}

}  // namespace

void bind(core::Settings& settings, MaskedModelingConfig& config) {
  settings.place_behind("");
  bind_model(settings, config);
  bind_teacher(settings, config);
  bind_objective(settings, config);
  settings.place_behind("stages.epochs");
  settings.add("stages.student_depth", config.student_depth, at_least(1, kMostBlocks), "blocks",
               "Encoder blocks of each stage's student; empty: model.depth.");
  settings.place_behind("stages.keep_optimizer");
  settings.add("stages.keep_patch_bias", config.keep_patch_bias,
               "The patch embedding's bias survives a stage's end, as in the reference program.");
  settings.place_behind("train.accumulate");
  settings.add(
      "train.drop_path", config.drop_path, below(0, 1), "fraction",
      "Stochastic depth of the last block, rising linearly from 0, in encoder and decoder.");
}

}  // namespace dbot::methods
