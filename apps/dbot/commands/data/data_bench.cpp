// dbot data bench: how fast images come, and what holds them up.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/commands/data/data_videos.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/dataset.h"
#include "dbot/report/text/table.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/training_data/training_images.h"
#include "dbot/runtime/machine.h"
#include "dbot/tools/bench/data_bench.h"

namespace dbot::app {
namespace {

struct DataBenchArguments {
  std::string recipe;
  std::vector<std::string> data, settings;
  std::int64_t batch = 64, images = 2000;
  std::optional<std::int64_t> workers;
  std::int64_t frames = 16, repeats = 1;
  double stride = 4;
  bool serve = false, json = false, videos = false;
};

void check_at_least_one(const char* option, std::int64_t value) {
  if (value >= 1 && value <= 1000000000) return;
  throw UsageError(fmt::format("[data bench] {} is {}, expected at least 1", option, value));
}

/// The recipe's transforms, or those of MAE at 224 pixels.
run::Recipe recipe_of(const DataBenchArguments& arguments) {
  if (!arguments.recipe.empty()) {
    const run::RecipeText text = run::find_recipe(arguments.recipe);
    return run::parse_recipe(text.text, text.origin, arguments.settings);
  }
  return run::parse_recipe("[model]\nimage_size = 224\npatch_size = 16\n[schedule]\nepochs = 1\n",
                           "defaults", arguments.settings);
}

bool stop_wanted() {
  return stop_request().requested();
}

/// One pass for each line of stdin: whoever compares programs says whose turn it is.
void serve(const std::shared_ptr<const data::Dataset>& dataset,
           const data::LoaderBenchConfig& config) {
  data::time_loader(dataset, config, console_log(), stop_wanted);
  print_line("ready");
  std::string line;
  while (!stop_wanted() && std::getline(std::cin, line)) {
    const auto pass = data::time_loader(dataset, config, console_log(), stop_wanted);
    print_line(fmt::format("{:.9f}", pass.seconds / static_cast<double>(pass.images)));
  }
}

std::string json_of(const tools::DataBench& bench, const DataBenchArguments& arguments) {
  const auto& stages = bench.stages;
  nlohmann::ordered_json json{{"images", bench.images},
                              {"batch", arguments.batch},
                              {"workers", bench.workers},
                              {"images_per_second", bench.real.images_per_second()},
                              {"cached_images_per_second", nullptr},
                              {"synthetic_images_per_second", bench.synthetic.images_per_second()},
                              {"bottleneck", tools::bottleneck(bench)},
                              {"bytes_per_image", nullptr},
                              {"read_seconds", nullptr},
                              {"decode_seconds", nullptr},
                              {"resize_seconds", nullptr},
                              {"transform_seconds", nullptr},
                              {"normalise_seconds", nullptr},
                              {"decode_whole_seconds", nullptr}};
  if (bench.cached.images > 0) {
    json["cached_images_per_second"] = bench.cached.images_per_second();
  }
  if (stages.images > 0) {
    json["bytes_per_image"] = stages.bytes;
    json["read_seconds"] = stages.read;
    json["decode_seconds"] = stages.decode;
    json["resize_seconds"] = stages.resize;
    json["transform_seconds"] = stages.augment;
    json["normalise_seconds"] = stages.normalise;
    json["decode_whole_seconds"] = stages.decode_whole;
  }
  return json.dump();
}

void print_tables(const tools::DataBench& bench) {
  const auto rate = [](const data::LoaderPass& pass) {
    return fmt::format("{:.0f} images/s", pass.images_per_second());
  };
  std::vector<std::vector<std::string>> rows{{"from files", rate(bench.real)}};
  if (bench.cached.images > 0) rows.push_back({"files in memory", rate(bench.cached)});
  rows.push_back({"noise, nothing to decode", rate(bench.synthetic)});
  print(report::text_table(rows));
  print_line(
      fmt::format("{} workers; most time goes into {}", bench.workers, tools::bottleneck(bench)));
  const auto& stages = bench.stages;
  if (stages.images == 0) return;
  const auto microseconds = [](double seconds) { return fmt::format("{:.0f} us", 1e6 * seconds); };
  print_line("");
  print(
      report::text_table({{"one image, one thread", fmt::format("{:.0f} kB", stages.bytes / 1e3)},
                          {"read the file again", microseconds(stages.read)},
                          {"decode what the crop needs", microseconds(stages.decode)},
                          {"resize", microseconds(stages.resize)},
                          {"change pixels", microseconds(stages.augment)},
                          {"normalise", microseconds(stages.normalise)},
                          {"decode the whole by its library", microseconds(stages.decode_whole)}}));
}

/// Clips of one set, at 224 pixels.
void bench_clips(const DataBenchArguments& arguments) {
  if (arguments.data.size() != 1 || arguments.serve || !arguments.recipe.empty()) {
    throw UsageError("[data bench] --videos times one set, without --recipe and --serve");
  }
  VideoBenchArguments videos;
  videos.videos = {arguments.data.front(), worker_count(arguments.workers, "data bench"),
                   arguments.json};
  videos.batch = std::min<std::int64_t>(arguments.batch, 8);
  videos.clips = arguments.images;
  videos.frames = arguments.frames;
  videos.stride = arguments.stride;
  videos.repeats = arguments.repeats;
  bench_videos(videos);
}

void bench_data(const DataBenchArguments& arguments) {
  check_at_least_one("--batch", arguments.batch);
  check_at_least_one("--images", arguments.images);
  if (arguments.workers && (*arguments.workers < 0 || *arguments.workers > 1024)) {
    throw UsageError(
        fmt::format("[data bench] --workers is {}, expected 0 to 1024", *arguments.workers));
  }
  if (arguments.videos) return bench_clips(arguments);
  const run::Recipe recipe = recipe_of(arguments);
  run::check_weights(recipe, arguments.data.size());
  auto config = tools::loader_bench_config(recipe);
  const auto training = run::open_training_images({arguments.data.begin(), arguments.data.end()},
                                                  recipe, stop_request(), console_log());
  const auto& dataset = training.images;
  config.loader.sources = run::source_shares(recipe, training.sizes);
  const int cores = runtime::describe_machine().usable_cores;
  config.loader.workers = static_cast<int>(arguments.workers.value_or(cores));
  config.loader.batch_size = std::min(arguments.batch, dataset->size());
  config.images = arguments.images;
  // Normalising competes with the workers for the cores, as training does.
  runtime::configure_compute(1);
  if (arguments.serve) return serve(dataset, config);
  const auto bench = tools::measure_data(dataset, config, console_log(), stop_wanted);
  if (stop_wanted()) throw Stopped("[data bench] stopped on request");
  if (arguments.json) return print_line(json_of(bench, arguments));
  print_tables(bench);
}

}  // namespace

void add_data_bench(CommandLine& line, CLI::App& data) {
  CLI::App* bench = data.add_subcommand("bench", "Time loading, and say what holds it up");
  auto a = std::make_shared<DataBenchArguments>();
  bench
      ->add_option(
          "DIR", a->data,
          "Images: a folder, list, tar, Parquet, pack or IDX; several: one behind the other")
      ->required()
      ->type_name("DIR");
  bench
      ->add_option("--recipe", a->recipe,
                   "Take the transforms of this recipe (default: MAE's, 224 px)")
      ->type_name("RECIPE");
  bench->add_option("--set", a->settings, "Change one key of the recipe: section.key=value")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  bench->add_option("--batch", a->batch, "Images of a batch (default: 64)")->type_name("N");
  bench->add_option("--images", a->images, "Images of a pass, at least (default: 2000)")
      ->type_name("N");
  bench->add_flag("--videos", a->videos, "DIR holds videos: time clips of 224 px");
  bench->add_option("--frames", a->frames, "Frames of a clip (default: 16)")->type_name("N");
  bench
      ->add_option("--stride", a->stride, "Frames at 30 a second from one to the next (default: 4)")
      ->type_name("X");
  bench->add_option("--repeats", a->repeats, "Clips of each video (default: 1)")->type_name("N");
  bench->add_option("--workers", a->workers, "Loading threads; 0: none (default: all cores)")
      ->type_name("N");
  bench->add_flag("--serve", a->serve,
                  "Print 'ready', then the seconds an image of one pass a line of stdin");
  add_json(*bench, a->json);
  bench->callback([&line, a] { line.action = [a] { bench_data(*a); }; });
}

}  // namespace dbot::app
