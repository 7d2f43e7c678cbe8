// dbot search: the images of a data set that are most like others.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/features/feature_arguments.h"
#include "apps/dbot/commands/model_argument.h"
#include "apps/dbot/commands/output_path.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/eval/frozen/embedding.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"
#include "dbot/tools/search/image_search.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMostNeighbours = 1000;

struct Arguments : ModelArguments {
  FeatureArguments features;
  std::vector<std::string> queries;
  std::string index, out;
  std::int64_t top = 12;
  bool json = false, force = false;
};

/// What was searched, and where it is written.
struct Searched {
  const tools::ImageSearch& search;
  const data::Dataset& set;
  std::optional<tools::SearchFiles> files;
};

void check_arguments(const Arguments& arguments) {
  if (arguments.top < 1 || arguments.top > kMostNeighbours) {
    throw UsageError(
        fmt::format("[search] --top is {}, expected 1 to {}", arguments.top, kMostNeighbours));
  }
  check_part(arguments.features);
  const std::filesystem::path index = arguments.index;
  if (!index.empty() && index.extension() != ".safetensors") {
    throw UsageError(
        fmt::format("[search] --index is {}, expected a .safetensors file that `dbot embed` or a "
                    "search wrote, or a name for one",
                    arguments.index));
  }
  std::error_code ignored;
  if (!index.empty() && !std::filesystem::exists(index, ignored)) {
    check_output_files("search", {index, eval::names_path(index)}, /*force=*/false, "--index");
  }
  if (!arguments.out.empty()) check_output_folder("search", arguments.out, arguments.force);
}

std::string class_of(const data::Dataset& set, std::int64_t image) {
  const std::int64_t label = set.label(image);
  return label < 0 || label >= std::ssize(set.classes())
             ? ""
             : set.classes()[static_cast<std::size_t>(label)];
}

Json neighbours_json(const Searched& searched, std::size_t query) {
  Json nearest = Json::array();
  for (const tools::FoundImage& found : searched.search.nearest[query]) {
    const std::string label = class_of(searched.set, found.image);
    nearest.push_back({{"name", searched.set.name(found.image)},
                       {"image", found.image},
                       {"similarity", found.similarity},
                       {"copy", found.copy},
                       {"class", label.empty() ? Json(nullptr) : Json(label)}});
  }
  return nearest;
}

void print_json(const Searched& searched) {
  const tools::ImageSearch& search = searched.search;
  Json queries = Json::array();
  for (std::size_t query = 0; query < search.nearest.size(); ++query) {
    const std::int64_t place = search.queries.in_set[query];
    queries.push_back({{"name", search.queries.images->name(static_cast<std::int64_t>(query))},
                       {"image", place < 0 ? Json(nullptr) : Json(place)},
                       {"nearest", neighbours_json(searched, query)}});
  }
  const auto& files = searched.files;
  const Json json{{"queries", std::move(queries)},
                  {"images", search.images},
                  {"skipped", search.skipped},
                  {"features", search.features},
                  {"from_index", search.from_index},
                  {"seconds", search.seconds},
                  {"report", files ? Json(files->page.string()) : Json(nullptr)},
                  {"sheet", files ? Json(files->sheet.string()) : Json(nullptr)}};
  print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_query(const Searched& searched, std::size_t query) {
  print_line(searched.search.queries.images->name(static_cast<std::int64_t>(query)));
  const bool labelled = !searched.set.classes().empty();
  std::vector<std::vector<std::string>> rows{{"image", "similarity"}};
  if (labelled) rows.front().emplace_back("class");
  rows.front().emplace_back("");
  for (const tools::FoundImage& found : searched.search.nearest[query]) {
    rows.push_back({searched.set.name(found.image), fmt::format("{:.4f}", found.similarity)});
    if (labelled) rows.back().push_back(class_of(searched.set, found.image));
    rows.back().emplace_back(found.copy ? "same picture" : "");
  }
  print(report::text_table(rows));
}

void print_search(const Searched& searched) {
  for (std::size_t query = 0; query < searched.search.nearest.size(); ++query) {
    print_query(searched, query);
  }
  if (!searched.files) return;
  print_line(fmt::format("report     {}", searched.files->page.string()));
  print_line(fmt::format("sheet      {}", searched.files->sheet.string()));
  const std::size_t asked = searched.search.nearest.size();
  if (searched.files->on_sheet == asked) return;
  complain(fmt::format("the page shows the first {} of {} queries, the sheet {}",
                       searched.files->on_page, asked, searched.files->on_sheet));
}

void search(const Arguments& arguments) {
  const eval::FeatureChoice choice = feature_choice("search", arguments.features, /*all=*/false);
  check_arguments(arguments);
  const Model model = load_model(arguments);
  const core::Log log = console_log();
  const auto set = open_data(arguments.features);
  auto queries = tools::open_queries(arguments.queries, set, {.log = log, .stop = &stop_request()});
  const tools::SearchOptions options{.data = arguments.features.data,
                                     .feature = choice.kinds.front(),
                                     .blocks = choice.blocks,
                                     .top = arguments.top,
                                     .index = arguments.index};
  const tools::ImageSearch found = tools::search_images(
      *model.encoder, set, std::move(queries), options, model.extraction, stop_request(), log);
  if (!arguments.index.empty() && !found.from_index) {
    complain(fmt::format("features of {} images are kept in {}", report::grouped(found.images),
                         arguments.index));
  }
  Searched searched{.search = found, .set = *set, .files = {}};
  if (!arguments.out.empty()) {
    const auto channels = static_cast<int>(model.encoder->input().images.channels);
    searched.files =
        tools::write_search(found, *set, options, arguments.model,
                            {channels, model.extraction.values}, arguments.out, stop_request());
  }
  if (arguments.json) return print_json(searched);
  print_search(searched);
}

}  // namespace

void add_search(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("search", "Find the images that are most like others");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  add_model(*command, *a, "Run folder, checkpoint or weights file");
  add_features(
      *command, a->features,
      "Which features are compared; also grid:N, the patch tokens averaged to N x N cells");
  command
      ->add_option("--query", a->queries,
                   "Images to look for: files, folders or lists, or names within the data set")
      ->required()
      ->type_name("PATH")
      ->check(not_empty());
  command->add_option("--top", a->top, "Neighbours of each (12)")->type_name("N");
  command
      ->add_option("--index", a->index,
                   "Features of the data set: read where there are some (dbot embed), else kept "
                   "there")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("--out", a->out, "Folder for a page and a contact sheet")
      ->type_name("DIR")
      ->check(not_empty());
  command->add_flag("--force", a->force, "Replace files that are there");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { search(*a); }; });
}

}  // namespace dbot::app
