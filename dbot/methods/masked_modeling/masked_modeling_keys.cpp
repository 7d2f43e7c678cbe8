// The recipe keys of masked modelling: their bounds, units and meanings. The upper bounds only keep
// slips of the finger from asking for absurd amounts of memory.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"
#include "dbot/methods/masked_modeling/stage_objective.h"

namespace dbot::methods {
namespace {

using core::above;
using core::at_least;
using core::below;
using core::Settings;

void bind_start(Settings& settings, StudentStartConfig& start) {
  settings.add_choice("student.init", start.init, {"random", "file", "teacher"},
                      "The student's first weights: a draw, an encoder of a file, or a copy of its "
                      "teacher, which is a file's or the last stage's student.");
  settings.add("student.path", start.path,
               "A run, checkpoint or weights file to start from, with init = \"file\" alone.");
  settings.add_choice("student.init_stages", start.stages, {"first", "all"},
                      "Which stages' students start so; the others start with a draw.");
  settings.add("student.lr_factor", start.lr_factor, above(0, 1000), "",
               "Learning rate of an encoder that starts from weights, as a multiple of the "
               "stage's; the decoder has the stage's.");
}

void bind_model(Settings& settings, MaskedModelingConfig& config) {
  bind_encoder(settings, config.encoder);
  bind_gelu(settings, config.encoder);
  settings.add_choice("student.kind", config.student, {"asymmetric", "symmetric"},
                      "Encoder of visible patches with a decoder (MAE, dBOT), or an encoder with a "
                      "token in place of masked patches and one matrix (BEiT).");
  settings.add_choice("student.head", config.head, {"linear", "decoder"},
                      "A symmetric student predicts with one matrix, or through blocks over all "
                      "tokens before it (decoder.…).");
  settings.add("student.learned_positions", config.learned_positions,
               "A symmetric student trains its position tables (model.position_table, and the "
               "decoder's).");
  bind_start(settings, config.start);
  bind_decoder(settings, config.decoder);
}

void bind_features(Settings& settings, objectives::TeacherConfig& teacher) {
  settings.add_choice(
      "teacher.output", teacher.features.output,
      {"network", "last_block", "ln_post", "mean_of_last"},
      "What the teacher gives: what its whole network does (CLIP's: through its last "
      "matrix), or without that matrix its last block's result, the same after the "
      "final LayerNorm, or the mean of mean_of_blocks.");
  settings.add_choice("teacher.resize", teacher.features.resize, {"bicubic", "bilinear"},
                      "How a crop gets the teacher's input size.");
  settings.add_choice(
      "teacher.position_resize", teacher.position_resize, {"file", "exact", "dino"},
      "How the position table of a teacher from a file gets another grid: as its kind of file has "
      "it, exactly, or with DINO's scale, a grid 0.1 larger.");
  settings.add_choice(
      "teacher.update", teacher.update, {"stage", "step"},
      "The student becomes the teacher at the end of a stage (dBOT), or the teacher "
      "is its moving average, step by step (data2vec).");
  settings.add("teacher.momentum", teacher.momentum, below(0, 1), "fraction",
               "What a step keeps of a teacher that is a moving average.");
}

void bind_teacher(Settings& settings, MaskedModelingConfig& config) {
  auto& teacher = config.teacher;
  settings.add_choice(
      "teacher.init", teacher.init, {"random", "independent", "file"},
      "The first teacher: a copy of the student's own start, a random draw of its own, "
      "or weights from a file.");
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
  bind_features(settings, teacher);
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
  settings.add("mask.largest_block", config.mask.largest_block, at_least(0, 65536), "patches",
               "Largest area of a block; 0: as many patches as are left to hide.");
  settings.add("mask.count", config.mask.count, at_least(-1, 65536), "patches",
               "Hidden in each image, exactly; 0: by mask.ratio, −1: the same, and blocks hide "
               "exactly so many.");
  settings.add_choice("objective.target", config.objective.target, target_words(),
                      "What the student predicts: a teacher's features (dBOT) or pixels (MAE).");
  settings.add_choice("objective.normalisation", config.objective.normalisation,
                      normalisation_words(),
                      "Standardise the target: features per token, pixels per patch (variance: "
                      "either), or not; features also as LayerNorm does, or to length 1.");
  settings.add_choice("objective.loss", config.loss.kind, loss_words(),
                      "Distance between prediction and target.");
  settings.add("objective.cls", config.objective.cls,
               "The teacher's feature of the cls token is predicted as well.");
  settings.add("objective.beta", config.loss.beta, above(0, 1e6), "",
               "Where smooth_l1 turns from square to linear.");
  settings.add("objective.cosine_eps", config.loss.cosine_eps, above(0, 1), "",
               "The least length of a vector that cosine divides by.");
}

void bind_stage_objectives(Settings& settings, MaskedModelingConfig& config) {
  settings.add_choices("stages.targets", config.stage_targets, target_words(),
                       "What each stage's student predicts: pixels, or features of the student of "
                       "the stage before; empty: objective.target in all.");
  settings.add_choices("stages.normalisations", config.stage_normalisations, normalisation_words(),
                       "objective.normalisation of each stage; empty: that, or what is usual for "
                       "another target (pixels: patch, teacher: token).");
  settings.add_choices("stages.losses", config.stage_losses, loss_words(),
                       "objective.loss of each stage; empty: that, or what is usual for another "
                       "target (pixels: mse, teacher: smooth_l1 with beta 2).");
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
  bind_stage_objectives(settings, config);
  settings.place_behind("stages.keep_optimizer");
  settings.add("stages.keep_patch_bias", config.keep_patch_bias,
               "The patch embedding's bias survives a stage's end, as in the reference program.");
  settings.place_behind("train.accumulate");
  settings.add(
      "train.drop_path", config.drop_path, below(0, 1), "fraction",
      "Stochastic depth of the last block, rising linearly from 0, in encoder and decoder.");
}

}  // namespace dbot::methods
