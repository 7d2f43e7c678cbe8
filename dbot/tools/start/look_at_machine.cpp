#include "dbot/tools/start/look_at_machine.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/subset.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/report/pictures/draw_set.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/start/start_recipe.h"
#include "dbot/run/start/start_rules.h"
#include "dbot/run/training_data/batch_parts.h"
#include "dbot/runtime/machine.h"
#include "dbot/tools/bench/data_bench.h"
#include "dbot/tools/bench/step_bench.h"

namespace dbot::tools {
namespace {

namespace fs = std::filesystem;

// Shares of the time for one look each.
constexpr double kOfACandidate = 1.0 / 15, kOfLoading = 1.0 / 15, kOfTraining = 1.0 / 5;
constexpr double kOfFeatures = 1.0 / 12;
constexpr std::int64_t kTokensOfACandidate = 2048;  // of its micro-batch, about
constexpr double kLargeImage = 4;                   // megapixels: few are loaded
constexpr std::int64_t kPictureImages = 64;         // of those that are held out, as in a run
constexpr double kSlowPictures = 10;  // seconds of a look that leaves time for drawing
constexpr double kPictureGuess = 3;   // seconds of a set beside its features

/// A folder that is gone with this object.
class PassingFolder {
 public:
  PassingFolder() : path_(fs::temp_directory_path() / ("dbot-start-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~PassingFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PassingFolder(const PassingFolder&) = delete;
  PassingFolder& operator=(const PassingFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Of two things at once on so many cores: as long as the longer one, and as the work of both.
double at_once(double step, double threads, double load, double workers, double cores) {
  return std::max({step, load, (step * threads + load * workers) / cores});
}

}  // namespace

MachineLook::MachineLook(const run::StartData& data, std::shared_ptr<const data::Dataset> images,
                         MachineLookConfig config, const core::StopRequest& stop)
    : data_(data),
      images_(std::move(images)),
      config_(std::move(config)),
      stop_(stop),
      knows_targets_(run::recipes_have("stages.targets")) {
  const run::Recipe recipe = recipe_of({}, "pixels", 1);
  runtime::configure_compute(static_cast<int>(recipe.compute.threads));
}

void MachineLook::look_for_stop() const {
  if (stop_.requested()) throw Stopped("[start] stopped on request; nothing was begun");
}

run::Recipe MachineLook::recipe_of(const run::StartShape& shape, const std::string& target,
                                   std::int64_t batch) const {
  const std::string toml = run::start_toml(shape, target, batch, data_);
  run::Recipe recipe = run::read_recipe(toml, "start", config_.assignments);
  recipe.length = {};
  run::resolve_compute(recipe, core::silent_log());
  run::resolve_kernels(recipe, core::silent_log());
  return recipe;
}

double MachineLook::load_seconds(const run::Recipe& recipe) {
  const std::int64_t height = run::image_input(recipe, "start").size.height;
  const auto known = load_.find(height);
  if (known != load_.end()) return known->second;
  look_for_stop();
  data::LoaderBenchConfig config = loader_bench_config(recipe);
  config.loader.workers = run::workers_of(recipe);
  config.loader.batch_size = data_.megapixels > kLargeImage ? 2 : 8;
  const core::Stopwatch clock;
  const double limit = kOfLoading * config_.seconds;
  const auto pass = data::time_loader(images_, config, core::silent_log(),
                                      [&] { return stop_.requested() || clock.seconds() > limit; });
  // Where not even a second batch came in the time, the first one tells.
  const double seconds = pass.images > 0
                             ? pass.seconds / static_cast<double>(pass.images)
                             : clock.seconds() / static_cast<double>(config.loader.batch_size);
  load_[height] = seconds;
  return seconds;
}

double MachineLook::candidate(const run::StartShape& shape) {
  look_for_stop();
  ++candidates_;
  const run::SizeRule& size = run::kSizeRules.at(shape.size);
  const std::int64_t side = size.image_size / size.patch_size;
  const std::int64_t batch = std::clamp<std::int64_t>(kTokensOfACandidate / (side * side), 4, 32);
  const run::Recipe recipe = recipe_of(shape, knows_targets_ ? "teacher" : "pixels", batch);
  StepBench bench(recipe);
  const double limit = kOfACandidate * config_.seconds;
  double first = bench.step(), spent = first, seconds = 0;
  std::int64_t steps = 0;
  while (spent < limit && steps < 8 && !stop_.requested()) {
    const double of_a_step = bench.step();
    spent += of_a_step;
    seconds += of_a_step;
    ++steps;
  }
  const double of_an_image =
      (steps > 0 ? seconds / static_cast<double>(steps) : first) / static_cast<double>(batch);
  guess_ = at_once(of_an_image, static_cast<double>(recipe.compute.threads), load_seconds(recipe),
                   run::workers_of(recipe), runtime::describe_machine().usable_cores);
  guessed_ = shape;
  return guess_;
}

double MachineLook::training_seconds(const run::Recipe& recipe, double seconds) const {
  look_for_stop();
  const std::int64_t images = recipe.train.images_per_step();
  // A step that is too slow to be timed has the time of its small batch.
  if (guess_ * static_cast<double>(images) > seconds) return guess_;
  StepBench bench(recipe);
  data::LoaderConfig config;
  config.batch_size = recipe.train.batch_size;
  config.workers = run::workers_of(recipe);
  config.max_bad_fraction = 1;  // the run says what is wrong with them
  data::Loader loader(
      images_,
      run::batch_parts(recipe, images_, /*texts=*/{}, run::Reading::training, core::silent_log()),
      config, core::silent_log());
  const core::Stopwatch whole;
  loader.next();
  bench.step();
  // What was loaded ahead meanwhile is used up before the clock counts.
  while (loader.ready() > 0 && whole.seconds() < seconds / 2 && !stop_.requested()) {
    loader.next();
    bench.step();
  }
  const core::Stopwatch clock;
  std::int64_t steps = 0;
  do {
    loader.next();
    bench.step();
    ++steps;
  } while ((steps < 3 || clock.seconds() < seconds / 2) && whole.seconds() < 3 * seconds &&
           !stop_.requested());
  return clock.seconds() / static_cast<double>(steps * images);
}

void MachineLook::add_network_costs(const run::Recipe& recipe, run::StartCosts& costs) const {
  look_for_stop();
  const auto method = methods::catalogue::make(recipe.method, run::make_context(recipe));
  methods::DataFacts facts = run::data_facts(recipe);
  facts.classes = images_->classes();
  method->see_data(facts);
  method->begin_stage(0);
  const eval::ExtractionSettings settings{.mean = recipe.data.mean,
                                          .std = recipe.data.std,
                                          .values = data::range_of(recipe.data.value_range),
                                          .batch_size = 16,
                                          .workers = run::workers_of(recipe),
                                          .precision = run::precision_of(recipe)};
  const double limit = kOfFeatures * config_.seconds;
  // As many as the time allows by what loading and a step took; a step is dearer.
  const double of_one = costs.load + std::max(costs.pixels, costs.teacher);
  const auto count = std::clamp<std::int64_t>(static_cast<std::int64_t>(limit / of_one), 8, 256);
  const auto some = data::limited(images_, count, static_cast<std::uint64_t>(recipe.train.seed));
  eval::extract_features(method->backbone(), data::limited(some, 4, 0), settings, stop_,
                         core::silent_log());
  const core::Stopwatch clock;
  eval::extract_features(method->backbone(), some, settings, stop_, core::silent_log());
  costs.features = clock.seconds() / static_cast<double>(some->size());
  if (!recipe.report.pictures) return;

  const core::Stopwatch drawing;
  report::SampleChoice choice{.count = recipe.report.samples,
                              .parts = run::shown_parts(recipe, /*texts=*/{}, images_->size()),
                              .workers = settings.workers};
  const double of_samples =
      costs.features * static_cast<double>(std::min(choice.count, images_->size()));
  if (config_.seconds < kSlowPictures || of_samples > limit) {
    costs.pictures = 2 * of_samples + kPictureGuess;
    return;
  }
  const auto quiet = core::silent_log();
  const auto samples = report::load_picture_samples(images_, choice, stop_, quiet);
  choice.count = std::min(choice.count, kPictureImages);
  const auto held_out = report::load_picture_samples(images_, choice, stop_, quiet);
  const PassingFolder folder;
  report::DrawSettings look;
  look.look = {recipe.data.mean, recipe.data.std, run::precision_of(recipe)};
  look.channels = recipe.report.channels;
  report::draw_picture_set(*method, samples, &held_out, look, folder.path(), stop_);
  costs.pictures = drawing.seconds();
}

run::StartCosts MachineLook::costs(const run::StartShape& shape) {
  const std::int64_t batch = run::start_batch(data_.images);
  const double seconds = kOfTraining * config_.seconds;
  const run::Recipe pixels = recipe_of(shape, "pixels", batch);
  run::StartCosts costs;
  if (guessed_ != shape) candidate(shape);
  costs.load = load_seconds(pixels);
  costs.flops = runtime::measure_matmul_flops(/*bf16=*/false);
  costs.pixels = training_seconds(pixels, seconds);
  const run::Recipe teacher = recipe_of(shape, "teacher", batch);
  costs.teacher = knows_targets_ ? training_seconds(teacher, seconds) : costs.pixels;
  add_network_costs(knows_targets_ ? teacher : pixels, costs);
  return costs;
}

}  // namespace dbot::tools
