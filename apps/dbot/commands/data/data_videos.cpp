#include "apps/dbot/commands/data/data_videos.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/data/audit/video_survey.h"
#include "dbot/data/sources/open.h"
#include "dbot/report/terminal/count_progress.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"
#include "dbot/runtime/machine.h"
#include "dbot/tools/bench/video_bench.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;
using Records = std::vector<data::VideoRecord>;

std::shared_ptr<const data::Dataset> videos_of(const VideoArguments& arguments) {
  return data::open_part(
      arguments.data, data::Part::all,
      {.log = console_log(), .stop = &stop_request(), .content = data::Content::videos});
}

Records survey(const data::Dataset& videos, const VideoArguments& arguments, bool decode) {
  data::VideoSurveyConfig config;
  config.workers = arguments.workers;
  config.decode = decode;
  report::CountProgress progress(progress_options(), videos.size(), complain_raw);
  return data::survey_videos(
      videos, config,
      [&](std::int64_t seen, std::int64_t broken) {
        progress.update(seen, broken > 0 ? fmt::format("{} broken", broken) : "");
      },
      stop_request());
}

std::int64_t broken_among(const Records& records) {
  return std::ranges::count_if(records, &data::VideoRecord::broken);
}

std::string finding_line(const data::VideoRecord& record) {
  const Json json{{"kind", "broken_video"},
                  {"gravity", "broken"},
                  {"file", record.file},
                  {"detail", record.reason}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// As `dbot data check` of images lists them.
std::string quarantine_of(const Records& records) {
  std::string text = fmt::format(
      "# {} of {} videos, found by dbot data check. To train without them: data.leave_out in the "
      "recipe.\n",
      broken_among(records), records.size());
  for (const auto& record : records) {
    if (!record.broken() || record.file.find_first_of("\r\n") != std::string::npos) continue;
    text += fmt::format("# {}\n{}{}\n", record.reason, record.file.starts_with('#') ? "./" : "",
                        record.file);
  }
  return text;
}

struct Quartiles {
  std::vector<double> values;

  double at(double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  }
};

/// What statistics are of, over the sound videos.
struct VideoStatistics {
  std::map<std::string, Quartiles> spreads;
  std::map<std::string, std::int64_t> codecs, classes;
  std::int64_t bytes = 0;
  double seconds = 0;
};

VideoStatistics statistics_of(const data::Dataset& videos, const Records& records) {
  VideoStatistics statistics;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    statistics.bytes += static_cast<std::int64_t>(record.bytes);
    const auto label = videos.label(static_cast<std::int64_t>(i));
    if (label >= 0) ++statistics.classes[videos.classes()[static_cast<std::size_t>(label)]];
    if (record.broken()) continue;
    const auto [height, width] = data::upright_size(record.index);
    statistics.spreads["1 width"].values.push_back(static_cast<double>(width));
    statistics.spreads["2 height"].values.push_back(static_cast<double>(height));
    statistics.spreads["3 frames"].values.push_back(static_cast<double>(record.index.frames));
    statistics.spreads["4 frames a second"].values.push_back(record.index.rate);
    statistics.spreads["5 seconds"].values.push_back(record.index.seconds);
    ++statistics.codecs[record.index.codec];
    statistics.seconds += record.index.seconds;
  }
  return statistics;
}

constexpr std::array<double, 5> kShares{0, 0.25, 0.5, 0.75, 1};

void print_statistics(VideoStatistics& statistics, const Records& records) {
  print_line(fmt::format("{} videos, {}, {:.1f} hours", report::grouped(std::ssize(records)),
                         report::bytes_text(static_cast<double>(statistics.bytes)),
                         statistics.seconds / 3600));
  if (broken_among(records) > 0) {
    print_line(fmt::format("{} of them cannot be read; dbot data check --videos says why",
                           report::grouped(broken_among(records))));
  }
  Rows rows{{"", "least", "quarter", "median", "3 quarters", "most"}};
  for (auto& [name, spread] : statistics.spreads) {
    rows.push_back({name.substr(2)});
    for (const double share : kShares) {
      rows.back().push_back(fmt::format("{:.4g}", spread.at(share)));
    }
  }
  print(report::text_table(rows));
  for (const auto& [title, counts] :
       {std::pair{"codec", &statistics.codecs}, std::pair{"class", &statistics.classes}}) {
    if (counts->empty()) continue;
    Rows shares{{title, "videos"}};
    for (const auto& [name, count] : *counts) shares.push_back({name, report::grouped(count)});
    print(report::text_table(shares));
  }
}

std::string statistics_json(VideoStatistics& statistics, const Records& records) {
  Json json{{"videos", records.size()},
            {"unreadable", broken_among(records)},
            {"bytes", statistics.bytes},
            {"seconds", statistics.seconds}};
  for (auto& [name, spread] : statistics.spreads) {
    auto& list = json[name == "4 frames a second" ? "rate" : name.substr(2) + "_spread"];
    for (const double share : kShares) list.push_back(spread.at(share));
  }
  json["codecs"] = statistics.codecs;
  json["classes"] = statistics.classes;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void check_videos(const VideoArguments& arguments, const std::filesystem::path& out) {
  const auto videos = videos_of(arguments);
  const auto records = survey(*videos, arguments, /*decode=*/true);
  const auto broken = broken_among(records);
  core::create_folders(out);
  std::string findings;
  for (const auto& record : records) {
    if (record.broken()) findings += finding_line(record);
  }
  const Json head{{"videos", records.size()},
                  {"broken", broken},
                  {"out", out.string()},
                  {"findings", (out / "check.jsonl").string()},
                  {"quarantine", (out / "quarantine.txt").string()}};
  const std::string line = head.dump(-1, ' ', false, Json::error_handler_t::replace);
  core::write_file_atomically(out / "check.jsonl", line + "\n" + findings);
  core::write_file_atomically(out / "quarantine.txt", quarantine_of(records));
  if (arguments.json) {
    print_line(line);
  } else {
    Rows rows{{"broken video", "what is wrong with it"}};
    for (const auto& record : records) {
      if (record.broken()) rows.push_back({record.file, record.reason});
    }
    if (rows.size() > 1) print(report::text_table(rows));
    print_line(
        fmt::format("{} of {} videos are sound", std::ssize(records) - broken, records.size()));
    print_line(fmt::format("quarantine {}", (out / "quarantine.txt").string()));
  }
  if (broken == 0) return;
  throw DataError(
      {.operation = "data check",
       .fault = Fault::corrupt,
       .reason = fmt::format("{} of {} videos cannot be used", broken, records.size()),
       .way_out = fmt::format("replace them, or leave them out with data.leave_out = \"{}\"",
                              (out / "quarantine.txt").string())});
}

void show_video_statistics(const VideoArguments& arguments) {
  const auto videos = videos_of(arguments);
  const auto records = survey(*videos, arguments, /*decode=*/false);
  auto statistics = statistics_of(*videos, records);
  if (arguments.json) return print_line(statistics_json(statistics, records));
  print_statistics(statistics, records);
}

void bench_videos(const VideoBenchArguments& arguments) {
  tools::VideoBenchConfig config;
  config.clip.timing = {arguments.frames, arguments.stride, 30};
  config.clip.size = {arguments.size, arguments.size};
  config.clip.repeats = arguments.repeats;
  config.clips = arguments.clips;
  const auto videos = videos_of(arguments.videos);
  config.loader.workers = arguments.videos.workers;
  config.loader.batch_size = std::min(arguments.batch, videos->size());
  runtime::configure_compute(1);
  const auto stopping = [] { return stop_request().requested(); };
  const auto bench = tools::measure_videos(videos, config, console_log(), stopping);
  if (stopping()) throw Stopped("[data bench] stopped on request");
  if (arguments.videos.json) {
    const Json json{
        {"videos", videos->size()},       {"workers", config.loader.workers},
        {"clips", bench.clips},           {"clips_per_second", bench.clips_per_second()},
        {"index_seconds", bench.index},   {"decode_seconds", bench.decode},
        {"resize_seconds", bench.resize}, {"decoding_share", bench.decoding_share()}};
    return print_line(json.dump());
  }
  const auto milliseconds = [](double seconds) { return fmt::format("{:.2f} ms", 1e3 * seconds); };
  print(report::text_table(
      {{fmt::format("{} workers", config.loader.workers),
        fmt::format("{:.1f} clips/s", bench.clips_per_second())},
       {"index a video, once", milliseconds(bench.index)},
       {"one clip, one thread: decode", milliseconds(bench.decode)},
       {"convert and resize", milliseconds(bench.resize)},
       {"share of decoding", fmt::format("{:.0f} %", 100 * bench.decoding_share())}}));
}

}  // namespace dbot::app
