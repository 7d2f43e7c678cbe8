// dbot reconstruct: what a pre-trained network makes of masked images, or of a mixture of two, as
// pictures.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/model_argument.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/run/stored/reconstruct.h"
#include "dbot/run/stored/reconstruct_mixture.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string data, captions, out;
  std::vector<std::string> mix;
  std::optional<double> lam, mask_ratio;
  std::optional<std::int64_t> images;
  std::int64_t seed = 0;
  bool json = false;
};

nlohmann::ordered_json figures_of(const report::PictureSet& set, const std::string& out) {
  nlohmann::ordered_json groups;
  for (const report::PictureGroup& group : set.groups) groups[group.kind] = group.pictures.size();
  for (const report::ShownGroup& group : set.gallery.groups) {
    groups[group.kind] = group.exhibits.size();
  }
  return {{"out", out},
          {"step", set.step},
          {"stage", set.stage + 1},
          {"pictures", std::move(groups)},
          {"loss", set.health.training_loss},
          {"constant_loss", set.health.constant_loss},
          {"effective_rank", set.health.effective_rank}};
}

void check_arguments(const Arguments& arguments) {
  if (arguments.seed < 0) {
    throw UsageError(
        fmt::format("[reconstruct] --seed is {}, expected at least 0", arguments.seed));
  }
  if (arguments.data.empty() == arguments.mix.empty()) {
    throw UsageError(
        "[reconstruct] expected either --data, the images to mask, or --mix, two "
        "images to mix");
  }
  if (!arguments.mix.empty() && arguments.images) {
    throw UsageError("[reconstruct] --images is of --data; --mix takes two images");
  }
  if (!arguments.mix.empty() && !arguments.captions.empty()) {
    throw UsageError("[reconstruct] --captions is of --data; --mix takes two images");
  }
  if (arguments.mix.empty() && (arguments.lam || arguments.mask_ratio)) {
    throw UsageError("[reconstruct] --lam and --mask-ratio are of --mix, two images to mix");
  }
  if (arguments.lam && !(*arguments.lam >= 0 && *arguments.lam <= 1)) {
    throw UsageError(fmt::format("[reconstruct] --lam is {}, expected 0 to 1", *arguments.lam));
  }
  if (arguments.mask_ratio && !(*arguments.mask_ratio >= 0 && *arguments.mask_ratio < 1)) {
    throw UsageError(fmt::format("[reconstruct] --mask-ratio is {}, expected 0 or more and below 1",
                                 *arguments.mask_ratio));
  }
}

void reconstruct_mixture(const Arguments& arguments) {
  run::MixtureOptions options;
  options.precision = runtime::parse_precision(arguments.precision);
  compute_settings(arguments);
  options.model = arguments.model;
  options.images = {arguments.mix[0], arguments.mix[1]};
  options.out = arguments.out;
  options.lam = arguments.lam.value_or(options.lam);
  options.mask_ratio = arguments.mask_ratio;
  options.seed = static_cast<std::uint64_t>(arguments.seed);
  const run::MixtureFiles written = run::reconstruct_mixture(options, console_log());
  if (!arguments.json) {
    return print_line(fmt::format("{}: {} images and their strip in {}", written.set.label,
                                  written.images.size(), arguments.out));
  }
  nlohmann::ordered_json images = nlohmann::ordered_json::array();
  for (const auto& file : written.images) images.push_back(file.string());
  const nlohmann::ordered_json json{{"out", arguments.out},
                                    {"step", written.set.step},
                                    {"stage", written.set.stage + 1},
                                    {"lam", options.lam},
                                    {"images", std::move(images)}};
  print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void reconstruct(const Arguments& arguments) {
  check_arguments(arguments);
  if (!arguments.mix.empty()) return reconstruct_mixture(arguments);
  run::ReconstructOptions options;
  options.precision = runtime::parse_precision(arguments.precision);
  options.workers = compute_settings(arguments).workers;
  options.model = arguments.model;
  options.data = arguments.data;
  options.captions = arguments.captions;
  options.out = arguments.out;
  options.images = arguments.images.value_or(options.images);
  options.seed = static_cast<std::uint64_t>(arguments.seed);
  const report::PictureSet set = run::reconstruct(options, stop_request(), console_log());
  if (arguments.json) {
    return print_line(figures_of(set, arguments.out)
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  std::size_t pictures = 0;
  for (const report::PictureGroup& group : set.groups) pictures += group.pictures.size();
  for (const report::ShownGroup& group : set.gallery.groups) pictures += group.exhibits.size();
  const std::string loss = std::isnan(set.health.training_loss)
                               ? ""
                               : fmt::format("; loss {:.4f}, of a constant prediction {:.4f}",
                                             set.health.training_loss, set.health.constant_loss);
  print_line(fmt::format("{}: {} pictures in {}{}", set.label, pictures, arguments.out, loss));
}

}  // namespace

void add_reconstruct(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "reconstruct", "Draw what a network makes of masked images, or of a mixture of two");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  const auto add = [command](const char* name, std::string& value, const char* type,
                             const char* text) {
    command->add_option(name, value, text)->required()->type_name(type)->check(not_empty());
  };
  add("--model", a->model, "PATH", "Run folder, or one of its checkpoints");
  command->add_option("--data", a->data, "Images: a folder, list, tar, Parquet, pack or IDX")
      ->type_name("PATH")
      ->check(not_empty());
  command
      ->add_option("--captions", a->captions,
                   "Of these images, for a run that reads captions (default: the run's)")
      ->type_name("beside|FILE")
      ->check(not_empty());
  command->add_option("--mix", a->mix, "In place of --data: two image files, mixed and taken apart")
      ->type_name("FILE")
      ->expected(2);
  command->add_option("--lam", a->lam, "--mix: weight of the first image (default: 0.3)")
      ->type_name("FRACTION");
  command
      ->add_option("--mask-ratio", a->mask_ratio, "--mix: share of masked patches (as in training)")
      ->type_name("FRACTION");
  add("--out", a->out, "DIR", "Folder for the pictures and pictures.json");
  command->add_option("--images", a->images, "Images to draw, a seeded choice (default: 16)")
      ->type_name("N");
  command->add_option("--seed", a->seed, "Of the choice of images and of the masks (default: 0)")
      ->type_name("N");
  add_precision(*command, a->precision);
  add_threads(*command, a->threads);
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { reconstruct(*a); }; });
}

}  // namespace dbot::app
