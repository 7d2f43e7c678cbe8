// Every key of a recipe: its bounds, unit and meaning. The upper bounds only keep slips of the
// finger from asking for absurd amounts of memory.
#include "dbot/core/settings/ranges.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/system_keys.h"

namespace dbot::run {
namespace {

using core::above;
using core::at_least;
using core::below;
using core::Settings;

constexpr double kMostEpochs = 1e7;
constexpr double kMostSteps = 1e12;

void bind_length(Settings& settings, Recipe& recipe) {
  auto& stages = recipe.stages;
  settings.add("stages.count", stages.count, at_least(1, 1000), "",
               "Stages; at the end of each the student becomes the teacher.");
  settings.add("stages.epochs", stages.epochs, above(0, kMostEpochs), "epochs",
               "Length of each stage; empty: equal shares of the schedule.");
  settings.add("stages.warmup_epochs", stages.warmup_epochs, at_least(0, kMostEpochs), "epochs",
               "Warm-up of each stage; empty: schedule.warmup_epochs in all.");
  settings.add("stages.base_lr", stages.base_lr, at_least(0, 1e3), "",
               "Peak learning rate of each stage; empty: optimizer.base_lr in all.");
  settings.add_choice("stages.stop", stages.stop, {"never", "probe"},
                      "probe: the run ends after a stage that is measured at its end (labels; "
                      "without: rank and cosine of the features) to be no better than the one "
                      "before.");
  settings.add("stages.keep_optimizer", stages.keep_optimizer,
               "The optimizer's moments survive a stage's end, as in the reference program.");

  auto& schedule = recipe.schedule;
  settings.add("schedule.epochs", schedule.epochs, at_least(0, kMostEpochs), "epochs",
               "Length of the whole run; 0: given by images_seen or stages.epochs.");
  settings.add("schedule.images_seen", schedule.images_seen, at_least(0, 1e15), "images",
               "Length of the whole run counted in images; 0: given by epochs.");
  settings.add("schedule.warmup_epochs", schedule.warmup_epochs, at_least(0, kMostEpochs), "epochs",
               "Linear warm-up at the start of each stage.");
  settings.add_choice("schedule.shape", schedule.shape,
                      {"cosine", "step", "poly", "constant", "table"},
                      "From the peak to a stage's end: half a cosine, a factor at milestones, a "
                      "power of what is left, no change, or dBOT's table of a rate for each step.");
  settings.add_choice("schedule.unit", schedule.unit, {"step", "epoch"},
                      "How often the rate changes behind its warm-up.");
  settings.add("schedule.min_lr", schedule.min_lr, at_least(0, 1e3), "",
               "Learning rate at the end of each stage, of the shapes cosine, poly and table.");
  settings.add("schedule.milestones", schedule.milestones, at_least(0, 1), "share of a stage",
               "Where the shape step multiplies the rate, such as [0.6, 0.8].");
  settings.add("schedule.factor", schedule.factor, above(0, 1), "",
               "What it is multiplied by at each milestone.");
  settings.add("schedule.power", schedule.power, above(0, 100), "",
               "Of the shape poly: the rate goes with (what is left of the stage)^power.");
  settings.add(
      "schedule.total_steps", recipe.length.total_steps, at_least(-1, kMostSteps), "steps",
      "Length of the run in place of the recipe's: stages and warm-up in proportion; −1: none.");
  settings.add(
      "schedule.total_epochs", recipe.length.total_epochs, at_least(-1, kMostEpochs), "epochs",
      "Length of the run in place of the recipe's: stages and warm-up in proportion; −1: none.");
}

void bind_training(Settings& settings, Recipe& recipe) {
  optim::bind(settings, recipe.optimizer);

  auto& train = recipe.train;
  settings.add("train.batch_size", train.batch_size, at_least(1, 65536), "images",
               "Images computed at once.");
  settings.add("train.accumulate", train.accumulate, at_least(1, 65536), "",
               "Batches summed up for one optimizer step, of all processes together.");
  settings.add("train.lanes", train.lanes, at_least(0, 65536), "",
               "Neighbouring batches of a step add up in so many sums, these in a binary tree: as "
               "many processes, or a half, a quarter … of it, give the same bits. 0: the processes "
               "that the run begins with, if they are a power of two; else 1.");
  settings.add("train.early_sum_bytes", train.early_sum_bytes, at_least(0, 1e12), "bytes",
               "Of several processes with one lane each: gradients add up in pieces of so many "
               "bytes while the last backward pass of a step makes others; 0: behind it.");
  settings.add_choice("train.precision", train.precision, {"auto", "fp32", "bf16"},
                      "Matrix products; auto: bf16 where the processor multiplies it itself.");
  settings.add("train.seed", train.seed, at_least(0, 9007199254740991.0), "",
               "Everything drawn at random depends on it.");
  settings.add("train.max_skipped_steps", train.max_skipped_steps, at_least(1, 1e9), "steps",
               "Steps in a row with a non-finite loss or gradient before the run stops.");
  settings.add(
      "train.spike_factor", train.spike_factor, at_least(0, 1e9), "",
      "End the run where a step's loss is above so many times the mean of the five before; "
      "0: never.");
  settings.add("train.capture_step", train.capture_step, at_least(0, kMostSteps), "",
               "Keep this step for dbot replay, as well as those that go wrong; 0: none.");
  settings.add("train.capture_bytes", train.capture_bytes, at_least(0, 1e15), "bytes",
               "Most that all steps kept for dbot replay take together; 0: no limit.");
  auto& validation = recipe.validation;
  settings.add("train.patience", validation.patience, at_least(0, 1e9), "validations",
               "So many in a row without a better figure end a stage early; 0: none do.");
  settings.add("train.keep_best", validation.keep_best,
               "A stage ends with the weights of its best validation.");
  settings.add("train.device", recipe.compute.device,
               "Where to compute: auto, cpu, cuda (the first GPU) or cuda:N.");
  settings.add_choice("train.graph", train.graph, {"auto", "on", "off"},
                      "On a GPU: steps are recorded once and repeated as a graph. auto: where they "
                      "can be; on: else it is an error.");
  settings.add_choice("train.recompute", recipe.compute.recompute, {"off", "blocks"},
                      "blocks: transformer blocks keep their input alone and are computed once "
                      "more in the backward pass: less memory, a third more work, the same bits.");
  settings.add("train.threads", recipe.compute.threads, at_least(0, 4096), "",
               "Compute threads; 0: one for each usable core.");
  settings.add_choice("train.kernels", recipe.compute.kernels,
                      {"auto", "reference", "portable", "avx2", "avx512", "avx512_bf16", "amx"},
                      "Which code computes; auto: the best that this processor can run.");
  settings.add_choice("train.matrix_products", recipe.compute.matrix_products,
                      {"auto", "own", "libtorch", "measured"},
                      "What multiplies matrices; auto: own; measured: the faster of float32 when a "
                      "run begins, kept with it.");
}

void bind_erase(Settings& settings, data::EraseConfig& erase) {
  settings.add("data.erase", erase.probability, at_least(0, 1), "fraction",
               "Probability that rectangles of the image are erased (random erasing).");
  settings.add("data.erase_area", erase.area, above(0, 1), "fraction",
               "Smallest and largest share of the image's area that is erased.");
  settings.add("data.erase_ratio", erase.ratio, above(0, 1000), "height / width",
               "Flattest and steepest shape of an erased rectangle.");
  settings.add_choice("data.erase_fill", erase.fill, {"mean", "colour", "pixels"},
                      "Erased pixels become the data's mean, one random colour a rectangle, or "
                      "random pixels.");
  settings.add("data.erase_most", erase.most, at_least(1, 1000), "",
               "Rectangles of an image, 1 to so many, which share the area.");
}

/// What happens to the pixels of a crop: all off unless a recipe asks for it.
void bind_pixels(Settings& settings, data::PixelAugmentation& pixels) {
  auto& random = pixels.random_augment;
  settings.add("data.random_augment", random.operations, at_least(0, 100), "operations",
               "Drawn for each image or clip from RandAugment's 15; 0: none.");
  settings.add("data.random_augment_magnitude", random.magnitude, at_least(0, 100), "",
               "How strong they are; 10 is full.");
  settings.add("data.random_augment_deviation", random.deviation, at_least(0, 100), "",
               "Spread of the normal distribution around the magnitude.");
  settings.add("data.random_augment_limit", random.limit, at_least(0, 100), "",
               "No drawn magnitude is above.");
  settings.add("data.random_augment_probability", random.probability, at_least(0, 1), "fraction",
               "That a drawn operation is carried out.");
  settings.add("data.random_augment_increasing", random.increasing,
               "More magnitude is a stronger change of colours, bits and threshold as well.");
  settings.add("data.three_augment", pixels.three_augment, at_least(0, 1), "fraction",
               "Probability of one of grayscale, solarising and blur (DeiT III's 3-Augment).");
  auto& jitter = pixels.colour_jitter;
  settings.add("data.colour_jitter", jitter.strength, at_least(0, 100), "",
               "Largest change of brightness, contrast, saturation (of factor 1) and hue (turns).");
  settings.add("data.colour_jitter_probability", jitter.probability, at_least(0, 1), "fraction",
               "Probability of the colour jitter.");
  settings.add("data.grayscale", pixels.grey, at_least(0, 1), "fraction",
               "Probability that an image loses its colours.");
  settings.add("data.blur", pixels.blur, at_least(0, 1), "fraction",
               "Probability of a Gaussian blur.");
  settings.add("data.blur_sigma", pixels.blur_sigma, above(0, 1000), "pixels",
               "Smallest and largest deviation of the blur.");
  settings.add("data.solarise", pixels.solarise, at_least(0, 1), "fraction",
               "Probability that pixels from 128 on are inverted.");
  bind_erase(settings, pixels.erase);
}

void bind_data(Settings& settings, Recipe& recipe) {
  auto& data = recipe.data;
  settings.add("data.workers", data.workers, at_least(-1, 1024), "",
               "Loading threads; 0: none, images are decoded between steps; −1: as many as "
               "compute threads.");
  settings.add("data.crop_scale", data.augmentation.crop_scale, above(0, 1), "fraction",
               "Smallest and largest share of the image's area that a random crop takes.");
  settings.add("data.crop_ratio", data.augmentation.crop_ratio, above(0, 1000), "width / height",
               "Narrowest and widest shape of a random crop.");
  settings.add("data.flip", data.augmentation.flip, at_least(0, 1), "fraction",
               "Probability of a horizontal flip.");
  bind_pixels(settings, data.augmentation.pixels);
  settings.add("data.mean", data.mean, at_least(-1000, 1000), "pixels in 0…1",
               "Subtracted from each channel; empty: measured on the data.");
  settings.add("data.std", data.std, above(0, 1000), "pixels in 0…1",
               "Each channel is divided by it; empty: measured on the data.");
  settings.add("data.value_range", data.value_range, at_least(-1e12, 1e12), "stored values",
               "Values that are black and white, of floats and of whole numbers of more than 8 "
               "bits, such as [0, 4095]; empty: 0 and 1, or 0 and the largest number.");
  settings.add(
      "data.weights", data.weights, above(0, 1e9), "",
      "With several sources: how often images of each are shown; empty: each image once an "
      "epoch.");
  settings.add("data.cache_bytes", data.cache_bytes, at_least(0, 1e15), "bytes",
               "Files are kept in memory once they were read, up to so many bytes; 0: none.");
  settings.add("data.max_bad_fraction", data.max_bad_fraction, at_least(0, 1), "fraction",
               "Share of unreadable files at which the run stops.");
  settings.add(
      "data.leave_out", data.leave_out,
      "A list of images not to read, as dbot data check writes it; empty: none. It holds for "
      "evaluations and pictures, too.");
}

void bind_evaluate(Settings& settings, Recipe& recipe) {
  auto& evaluate = recipe.evaluate;
  settings.add("evaluate.every_epochs", evaluate.every_epochs, at_least(0, kMostEpochs), "epochs",
               "Whole epochs between evaluations inside a stage; 0: none.");
  settings.add("evaluate.at_stage_ends", evaluate.at_stage_ends,
               "Evaluate raw pixels, the untrained network and the end of each stage.");
  settings.add("evaluate.data", evaluate.data,
               "Labelled images; empty: those that are trained on, if they have labels.");
  settings.add("evaluate.labels", evaluate.labels,
               "Where labels come from: none, folder, or a list of images with labels; empty: as "
               "the data have them.");
  settings.add("evaluate.knn", evaluate.knn, "Weighted nearest neighbours on frozen features.");
  settings.add("evaluate.linear", evaluate.linear, "A linear classifier on frozen features.");
  settings.add("evaluate.features", evaluate.features,
               "The cls token, the mean of the patch tokens, both, or grid:N, the patch tokens "
               "averaged to N × N cells; several with commas between.");
  settings.add("evaluate.neighbours", evaluate.neighbours, at_least(1, 1e6), "",
               "Neighbours that vote.");
  settings.add("evaluate.temperature", evaluate.temperature, above(0, 1e3), "",
               "A neighbour's vote is exp(similarity / temperature).");
  settings.add("evaluate.probe_epochs", evaluate.probe_epochs, at_least(1, 1e6), "epochs",
               "Training of the linear classifier.");
  settings.add("evaluate.max_train_images", evaluate.max_train_images, at_least(0, 1e12), "images",
               "Labelled training images used, a seeded choice; 0: all.");
  settings.add("evaluate.max_test_images", evaluate.max_test_images, at_least(0, 1e12), "images",
               "Test images used, a seeded choice; 0: all.");
}

void bind_validation(Settings& settings, Recipe& recipe) {
  auto& validation = recipe.validation;
  settings.add("validation.every_epochs", validation.every_epochs, at_least(0, kMostEpochs),
               "epochs",
               "Between validations on held-out samples (val/ or test/, or labels.held_out), which "
               "come at the end of each stage, too; 0: none.");
  settings.add("validation.max_samples", validation.max_samples, at_least(0, 1e12), "samples",
               "Held-out samples used, a seeded choice; 0: all.");
}

void bind_checkpoint(Settings& settings, Recipe& recipe) {
  auto& checkpoint = recipe.checkpoint;
  settings.add("checkpoint.every_steps", checkpoint.every_steps, at_least(0, kMostSteps), "steps",
               "Steps between checkpoints; 0: not by steps.");
  settings.add("checkpoint.every_epochs", checkpoint.every_epochs, at_least(0, kMostEpochs),
               "epochs", "Epochs between checkpoints; 0: not by epochs.");
  settings.add("checkpoint.keep", checkpoint.keep, at_least(1, 1e9), "",
               "Newest checkpoints to keep.");
  settings.add("checkpoint.stage_ends", checkpoint.stage_ends,
               "Those at the ends of stages stay as well.");
  settings.add("checkpoint.retry_seconds", checkpoint.retry_seconds, at_least(0, 1e9), "seconds",
               "How long the end of a run tries to save to a full disk before it gives up.");
}

void bind_report(Settings& settings, Recipe& recipe) {
  auto& report = recipe.report;
  settings.add("report.pictures", report.pictures,
               "Draw what the network shows, before training and at the end of each stage.");
  settings.add("report.samples", report.samples, at_least(16, 600), "images",
               "Images of the map of the embedding, a seeded choice.");
  settings.add("report.channels", report.channels, at_least(0, 63), "",
               "Channels that pictures show as red, green and blue, or one as grey, counted from "
               "0; empty: the first three.");
  settings.add("report.every_epochs", report.every_epochs, at_least(0, kMostEpochs), "epochs",
               "Whole epochs between pictures inside a stage; 0: none.");
}

/// Which system it is stands in front; its own keys come where it puts them. `read_recipe` has
/// chosen the alternative by now: to read the key changes nothing.
void bind_method(Settings& settings, Recipe& recipe) {
  methods::catalogue::bind(settings, recipe.method);
  settings.place_behind("");
  settings.add_optional_choice(std::string(kMethodKey),
                               {[&recipe] { return static_cast<int>(recipe.method.index()); },
                                [](int) {}, methods::catalogue::kinds()},
                               "The learning system.");
}

}  // namespace

core::Settings bind(Recipe& recipe) {
  Settings settings;
  bind_length(settings, recipe);
  bind_training(settings, recipe);
  bind_data(settings, recipe);
  bind_validation(settings, recipe);
  bind_evaluate(settings, recipe);
  bind_checkpoint(settings, recipe);
  bind_report(settings, recipe);
  bind_method(settings, recipe);
  return settings;
}

}  // namespace dbot::run
