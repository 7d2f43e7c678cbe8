#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/data/sources/labelled_share.h"
#include "dbot/data/tasks/task_split.h"
#include "dbot/data/text/tables/tf_idf.h"
#include "dbot/nn/backbone.h"
#include "dbot/runtime/device.h"

// What a system and the rest of a run know of each other before the system is made.
namespace dbot::methods {

/// The common tables of a recipe as far as a system asks for them.
struct Surroundings {
  std::int64_t stages = 1;
  bool keep_optimizer = false;  // its moments survive a stage's end
  double weight_decay = 0;
  double moments = 2;           // numbers that it keeps for each trained parameter
  std::int64_t batch_size = 1;  // samples of a micro-batch
  double element = 4;           // bytes of a number in matrix products
  bool fused = true;            // blocks are computed by the project's kernels
  bool trains = true;           // the run has steps
};

/// What a system is made with, beside its configuration.
struct MakeContext {
  std::uint64_t seed = 0;
  runtime::Device device;   // of all networks
  std::int64_t stages = 1;  // of the run
};

/// A system's configuration with what it is made with.
template <typename Config>
Config placed(Config config, const MakeContext& context) {
  config.seed = context.seed;
  config.device = context.device;
  return config;
}

/// What a system reads of texts (data/text/text_names.h). A caption that is missing, empty or left
/// out is all padding.
struct TextInput {
  std::int64_t captions = 0;    // tokens of a caption; 0: captions are not read
  std::int64_t unpaired = 0;    // tokens of a text without an image; 0: none are read
  std::int64_t vocabulary = 0;  // all ids are below it
  double drop = 0;              // share of captions that are left out
  /// Always those of the samples i with (i mod 100)/100 < drop; else drawn for each reading.
  bool drop_is_fixed = false;
  std::string vocabulary_path = {};  // empty: one is learned from the texts
  std::string captions_path = {};    // "beside": they lie with the images
  std::string unpaired_path = {};    // a file of texts
};

/// What a system reads of videos: `nn::kClips`, uint8 [batch · clips, 3, frames, height, width],
/// all clips of a video one behind the other (data/loader/clip_part.h). In training each video has
/// `repeats`; held-out ones may have another number.
struct ClipInput {
  std::int64_t frames = 16;
  double stride = 4;              // frames of a video from one of the clip's frames to the next …
  double frames_per_second = 30;  // … of a video that has so many; 0: each as it is
  core::Size size = {};
  std::int64_t repeats = 1;
  /// Of the classifier's test: clips along a video, and parts of each along its longer side, 1 or
  /// 3.
  std::int64_t time_views = 1, side_views = 1;
  bool operator==(const ClipInput&) const = default;
};

/// In place of a task's number: all of them at once, labelled one behind the other.
inline constexpr std::int64_t kAllTasks = -1;

/// A stage of a system that divides its run itself.
struct OwnStage {
  std::int64_t task = 0;     // whose data it learns from: of `Outline::tasks`; kAllTasks: of all
  double epochs = 0;         // of these
  double learning_rate = 0;  // at its peak, whatever the batch
};

/// What a system reads of rows with a set of labels each (data/text/tables), beside each sample one
/// that is held out from training.
struct RowInput {
  data::TfIdfConfig words = {};  // that texts become rows by
  double held_out = 0.1;         // share of the training samples
  std::int64_t steps = 1;        // of what learns inside a step: a batch is cut into so many
};

/// What a system reads of texts with a class each (data/text/tables/labelled_words.h): rows of the
/// numbers of their first words.
struct WordInput {
  std::int64_t length = 256;  // words of a text that are read
};

struct Outline {
  std::optional<nn::ImageInput> images;  // where it reads images; of one that reads clips, a frame
  std::int64_t width = 0;                // of its matrix products; feature width of its backbone
  std::string size;                      // "model.width 96, model.depth 4": what to lower
  core::Size patches = {};               // in a column and a row of an image; 0: it has none
  std::optional<data::LabelledShare> labels = {};  // where it learns from labels: of how many
  double held_out_labels = 0;                      // share of these that validations are made on
  /// Crops of each image beside the first, with draws of their own and the same augmentation:
  /// tensor `kFurtherViews` of a batch, [batch, views, channels, height, width].
  std::int64_t further_views = 0;
  /// The weights that its encoder begins with: its shape is theirs. Empty: none, or any shape fits.
  std::string start_path = {};
  /// Where it learns from pairs (data/loader/partner_part.h): the share of partners that are of the
  /// sample's own class.
  std::optional<double> partners = {};
  std::optional<TextInput> texts = {};        // where it reads texts
  std::optional<ClipInput> clips = {};        // where it reads clips in place of images
  std::optional<RowInput> rows = {};          // where it reads rows of numbers in place of images
  std::optional<WordInput> words = {};        // where it reads texts in place of images
  std::optional<data::TaskSplit> tasks = {};  // where its data are several tasks
  /// Where it says itself what its stages are: in place of the recipe's [stages] and length.
  std::vector<OwnStage> own_stages = {};
  /// Why several processes cannot share its steps: what a micro-batch leaves to the one behind it.
  /// Empty: they can.
  std::string needs_one_process = {};
};

inline constexpr const char* kFurtherViews = "views";

/// What a system holds in memory, by item, in bytes.
struct MethodMemory {
  double weights = 0, gradients = 0, moments = 0;  // of what is trained
  double teacher = 0;                              // frozen weights and their low-precision copies
  double activations = 0;   // of a micro-batch: kept for the backward pass, and its passing needs
  double inputs = 0;        // of the batches under way
  double next_student = 0;  // the next stage's, made while the old one is there
  double frozen_pass = 0;   // of the backbone on one micro-batch, without a graph
};

}  // namespace dbot::methods
