// dbot reconstruct: what a pre-trained network makes of masked images, as pictures.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/model_argument.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/run/stored/reconstruct.h"

namespace dbot::app {
namespace {

struct Arguments : ModelArguments {
  std::string data, out;
  std::int64_t images = 16, seed = 0;
  bool json = false;
};

nlohmann::ordered_json figures_of(const report::PictureSet& set, const std::string& out) {
  nlohmann::ordered_json groups;
  for (const report::PictureGroup& group : set.groups) groups[group.kind] = group.pictures.size();
  return {{"out", out},
          {"step", set.step},
          {"stage", set.stage + 1},
          {"pictures", std::move(groups)},
          {"loss", set.health.training_loss},
          {"constant_loss", set.health.constant_loss},
          {"effective_rank", set.health.effective_rank}};
}

void reconstruct(const Arguments& arguments) {
  if (arguments.seed < 0) {
    throw UsageError(
        fmt::format("[reconstruct] --seed is {}, expected at least 0", arguments.seed));
  }
  run::ReconstructOptions options;
  options.precision = runtime::parse_precision(arguments.precision);
  options.workers = compute_settings(arguments).workers;
  options.model = arguments.model;
  options.data = arguments.data;
  options.out = arguments.out;
  options.images = arguments.images;
  options.seed = static_cast<std::uint64_t>(arguments.seed);
  const report::PictureSet set = run::reconstruct(options, stop_request(), console_log());
  if (arguments.json) {
    return print_line(figures_of(set, arguments.out)
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  std::size_t pictures = 0;
  for (const report::PictureGroup& group : set.groups) pictures += group.pictures.size();
  print_line(fmt::format("{}: {} pictures in {}; loss {:.4f}, of a constant prediction {:.4f}",
                         set.label, pictures, arguments.out, set.health.training_loss,
                         set.health.constant_loss));
}

}  // namespace

void add_reconstruct(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("reconstruct", "Draw what a network makes of masked images");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  const auto add = [command](const char* name, std::string& value, const char* type,
                             const char* text) {
    command->add_option(name, value, text)->required()->type_name(type)->check(not_empty());
  };
  add("--model", a->model, "PATH", "Run folder, or one of its checkpoints");
  add("--data", a->data, "PATH", "Images: a folder, list, tar, Parquet, pack or IDX");
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
