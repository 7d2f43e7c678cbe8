// dbot data stats: what a data set holds, and what a recipe wants to know of it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/commands/data/data_videos.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/data/audit/data_statistics.h"
#include "dbot/report/terminal/count_progress.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

struct DataStatsArguments {
  std::string data, captions, vocabulary;
  std::optional<std::int64_t> workers;
  std::int64_t channels = 0, images = 1024, seed = 0;
  bool json = false, videos = false;
};

Json spread_json(const data::Spread& spread) {
  return {{"least", spread.least},
          {"lower_quartile", spread.lower_quartile},
          {"median", spread.median},
          {"upper_quartile", spread.upper_quartile},
          {"most", spread.most}};
}

Json histogram_json(const data::Histogram& histogram) {
  return {{"edges", histogram.edges}, {"counts", histogram.counts}};
}

Json shares_json(const data::Shares& shares) {
  Json json = Json::object();
  for (const auto& [name, count] : shares) json[name] = count;
  return json;
}

Json captions_json(const data::CaptionStatistics& captions) {
  const auto& counts = captions.counts;
  Json json{{"captions", counts.captions},
            {"captioned_images", counts.captioned},
            {"without", counts.without.count},
            {"missing_images", counts.missing.count},
            {"empty", counts.empty.count},
            {"broken", counts.broken.count},
            {"of_an_image", spread_json(captions.of_an_image)},
            {"words", spread_json(captions.words)},
            {"mean_words", captions.mean_words},
            {"different_words", captions.different_words}};
  if (captions.tokens) {
    json["tokens"] = spread_json(captions.tokens->tokens);
    json["mean_tokens"] = captions.tokens->mean;
    json["unknown_tokens"] = captions.tokens->unknown;
  }
  return json;
}

std::string json_of(const data::DataStatistics& statistics) {
  const auto& set = statistics.set;
  Json classes = Json::array();
  for (const auto& row : set.classes) {
    classes.push_back({{"name", row.name}, {"images", row.images}});
  }
  Json json{{"images", set.images},
            {"unreadable", set.unreadable},
            {"bytes", set.bytes},
            {"parts", statistics.parts},
            {"width", spread_json(set.width)},
            {"height", spread_json(set.height)},
            {"shorter_side", spread_json(set.shorter_side)},
            {"aspect", spread_json(set.aspect)},
            {"file_bytes", spread_json(set.file_bytes)},
            {"widths", histogram_json(set.widths)},
            {"heights", histogram_json(set.heights)},
            {"aspects", histogram_json(set.aspects)},
            {"kinds", shares_json(set.kinds)},
            {"pixels", shares_json(set.pixels)},
            {"classes", classes},
            {"channels", statistics.channels},
            {"mean", statistics.pixels.mean},
            {"std", statistics.pixels.std},
            {"measured_images", statistics.measured},
            {"image_size", set.usual_image_size},
            {"largest_image_size", set.largest_image_size}};
  if (statistics.captions) json["captions"] = captions_json(*statistics.captions);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> spread_row(const std::string& name, const data::Spread& spread,
                                    const std::function<std::string(double)>& text) {
  return {name,
          text(spread.least),
          text(spread.lower_quartile),
          text(spread.median),
          text(spread.upper_quartile),
          text(spread.most)};
}

void print_sizes(const data::SetStatistics& set) {
  const auto whole = [](double value) { return fmt::format("{:.0f}", value); };
  print(report::text_table({{"", "least", "quarter", "median", "3 quarters", "most"},
                            spread_row("width", set.width, whole),
                            spread_row("height", set.height, whole),
                            spread_row("shorter side", set.shorter_side, whole),
                            spread_row("width / height", set.aspect,
                                       [](double value) { return fmt::format("{:.2f}", value); }),
                            spread_row("file", set.file_bytes, report::bytes_text)}));
}

void print_histogram(const data::Histogram& histogram) {
  Rows rows{{"width from", "images"}};
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    rows.push_back(
        {fmt::format("{:.0f}", histogram.edges[i]), report::grouped(histogram.counts[i])});
  }
  print(report::text_table(rows));
}

void print_shares(const char* title, const data::Shares& shares) {
  if (shares.empty()) return;
  Rows rows{{title, "images"}};
  for (const auto& [name, count] : shares) rows.push_back({name, report::grouped(count)});
  print(report::text_table(rows));
}

void print_classes(const data::DataStatistics& statistics) {
  constexpr std::size_t kMostRows = 40;
  const auto& classes = statistics.set.classes;
  if (classes.empty()) return;
  Rows rows{{"class"}};
  for (const auto& part : statistics.parts) rows[0].push_back(part.empty() ? "images" : part);
  for (const auto& row : classes) {
    if (rows.size() > kMostRows) break;
    rows.push_back({row.name});
    for (const auto count : row.images) rows.back().push_back(report::grouped(count));
  }
  print(report::text_table(rows));
  if (classes.size() > kMostRows) {
    print_line(fmt::format("and {} more classes (--json has all)", classes.size() - kMostRows));
  }
}

void print_captions(const data::CaptionStatistics& captions) {
  const auto& counts = captions.counts;
  print_line(fmt::format("{} captions of {} images, {} images without one, {} different words",
                         report::grouped(counts.captions), report::grouped(counts.captioned),
                         report::grouped(counts.without.count),
                         report::grouped(captions.different_words)));
  const auto whole = [](double value) { return fmt::format("{:.0f}", value); };
  Rows rows{{"captions", "least", "quarter", "median", "3 quarters", "most", "mean"},
            spread_row("of an image", captions.of_an_image, whole),
            spread_row("words", captions.words, whole)};
  rows[1].emplace_back("");
  rows[2].push_back(fmt::format("{:.1f}", captions.mean_words));
  if (captions.tokens) {
    rows.push_back(spread_row("tokens", captions.tokens->tokens, whole));
    rows.back().push_back(fmt::format("{:.1f}", captions.tokens->mean));
  }
  print(report::text_table(rows));
  if (captions.tokens) {
    print_line(fmt::format("{:.2f} % of the tokens are [UNK]", 100 * captions.tokens->unknown));
  }
}

void print_statistics(const data::DataStatistics& statistics) {
  const auto& set = statistics.set;
  print_line(fmt::format("{} images, {}", report::grouped(set.images),
                         report::bytes_text(static_cast<double>(set.bytes))));
  if (set.unreadable > 0) {
    print_line(fmt::format("{} of them cannot be read; dbot data check says why",
                           report::grouped(set.unreadable)));
  }
  print_sizes(set);
  print_histogram(set.widths);
  print_shares("kind", set.kinds);
  print_shares("pixels", set.pixels);
  print_classes(statistics);
  if (statistics.captions) print_captions(*statistics.captions);
  print_line("");
  print_line(fmt::format("# for a recipe; pixels of {} images", statistics.measured));
  print_line(fmt::format("data.mean = [{:.4f}]", fmt::join(statistics.pixels.mean, ", ")));
  print_line(fmt::format("data.std = [{:.4f}]", fmt::join(statistics.pixels.std, ", ")));
  print_line(fmt::format("model.channels = {}", statistics.channels));
  print_line(fmt::format("model.image_size = {}  # the images have pixels for {}",
                         set.usual_image_size, set.largest_image_size));
}

void show_statistics(const DataStatsArguments& arguments) {
  if (arguments.videos) {
    if (!arguments.captions.empty()) {
      throw UsageError("[data stats] --captions are of images; leave out --captions or --videos");
    }
    return show_video_statistics(
        {arguments.data, worker_count(arguments.workers, "data stats"), arguments.json});
  }
  if (!arguments.vocabulary.empty() && arguments.captions.empty()) {
    throw UsageError("[data stats] --vocab counts tokens of captions; name those by --captions");
  }
  if (arguments.channels < 0 || arguments.channels > 1024) {
    throw UsageError(
        fmt::format("[data stats] --channels is {}, expected 1 to 1024, or 0 for what "
                    "most images have",
                    arguments.channels));
  }
  if (arguments.images < 1) {
    throw UsageError(
        fmt::format("[data stats] --images is {}, expected at least 1", arguments.images));
  }
  data::DataStatisticsOptions options;
  options.data = arguments.data;
  options.workers = worker_count(arguments.workers, "data stats");
  options.channels = static_cast<int>(arguments.channels);
  options.images = arguments.images;
  options.seed = static_cast<std::uint64_t>(arguments.seed);
  options.captions = arguments.captions;
  options.vocabulary = arguments.vocabulary;
  const auto tell = report::counted_passes(progress_options(), complain_raw);
  const auto statistics = data::measure_data_set(options, tell, stop_request(), console_log());
  if (arguments.json) return print_line(json_of(statistics));
  print_statistics(statistics);
}

}  // namespace

void add_data_stats(CommandLine& line, CLI::App& data) {
  CLI::App* command =
      data.add_subcommand("stats", "Sizes, kinds, classes, mean and deviation of a data set");
  auto a = std::make_shared<DataStatsArguments>();
  const auto add = [command](const char* name, auto& value, const char* type, const char* text) {
    return command->add_option(name, value, text)->type_name(type);
  };
  add("DIR", a->data, "DIR", "Folder of images, or IDX files")->required()->check(not_empty());
  add("--images", a->images, "N", "Images whose pixels are measured (default: 1024)");
  add("--seed", a->seed, "N", "Draws these images (default: 0)");
  add("--channels", a->channels, "N", "Channels (default: what most images have)");
  add("--workers", a->workers, "N", "Reading threads (default: all cores)");
  add("--captions", a->captions, "beside|FILE",
      "Captions of the images, too: those that lie with them, or a file")
      ->check(not_empty());
  add("--vocab", a->vocabulary, "FILE", "Vocabulary whose tokens of captions are counted")
      ->check(not_empty());
  command->add_flag("--videos", a->videos, "DIR holds videos");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { show_statistics(*a); }; });
}

}  // namespace dbot::app
