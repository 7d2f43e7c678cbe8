// dbot data pack: many image files into a few large ones.
#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/dbot/commands/data/data.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/progress.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/sources/pack/pack.h"
#include "dbot/data/sources/pack/pack_dataset.h"
#include "dbot/runtime/machine.h"

namespace dbot::app {
namespace {

struct DataPackArguments {
  std::string data, out;
  std::optional<std::int64_t> shard_size, workers;
  std::int64_t size = 0, quality = 90;
  bool verify = false, json = false;
};

std::int64_t in_range(const char* option, std::int64_t value, std::int64_t least,
                      std::int64_t most) {
  if (value >= least && value <= most) return value;
  throw UsageError(
      fmt::format("[data pack] {} is {}, expected {} to {}", option, value, least, most));
}

std::string shards(std::int64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "shard" : "shards");
}

std::string in_gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.3f} GB", static_cast<double>(bytes) / 1e9);
}

/// A line now and then, so that hours of packing are not silent.
core::TellProgress pack_progress() {
  auto since_told = std::make_shared<core::Stopwatch>();
  return [since_told](const core::PassProgress& pass) {
    if (since_told->seconds() < 5) return;
    since_told->restart();
    complain(fmt::format("{} of {} images", pass.done, pass.total));
  };
}

data::PackConfig pack_config(const DataPackArguments& arguments) {
  data::PackConfig config;
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;
  if (arguments.shard_size) {
    config.shard_bytes =
        static_cast<std::uint64_t>(in_range("--shard-size", *arguments.shard_size, 1, kMostBytes));
  }
  config.shorter_side = static_cast<int>(in_range("--size", arguments.size, 0, 65500));
  config.quality = static_cast<int>(in_range("--quality", arguments.quality, 1, 100));
  const int cores = runtime::describe_machine().usable_cores;
  config.workers =
      static_cast<int>(in_range("--workers", arguments.workers.value_or(cores), 1, 1024));
  return config;
}

void verify(const DataPackArguments& arguments) {
  if (!arguments.out.empty()) {
    throw UsageError("[data pack] --verify takes a pack alone, expected no second folder");
  }
  const auto check = data::verify_pack(arguments.data, stop_request());
  if (arguments.json) {
    const nlohmann::ordered_json json{
        {"images", check.images}, {"shards", check.shards}, {"bytes", check.bytes}};
    return print_line(json.dump());
  }
  print_line(fmt::format("{} images in {}, {}: every byte is sound", check.images,
                         shards(check.shards), in_gigabytes(check.bytes)));
}

void pack_data(const DataPackArguments& arguments) {
  if (arguments.verify) return verify(arguments);
  if (arguments.out.empty()) {
    throw UsageError("[data pack] OUT is missing, expected the new folder of the pack");
  }
  const auto config = pack_config(arguments);
  promise_to_go_on();
  std::vector<std::shared_ptr<const data::Dataset>> parts;
  const auto opened = data::open(arguments.data, data::Wanted::train_and_held_out, {console_log()});
  for (const auto& part : opened.named()) parts.push_back(part.images);
  const auto summary =
      data::pack(parts, arguments.out, config, stop_request(), console_log(), pack_progress());
  if (arguments.json) {
    const nlohmann::ordered_json json{{"out", arguments.out},
                                      {"images", summary.images},
                                      {"left_out", summary.left_out},
                                      {"shards", summary.shards},
                                      {"shards_kept", summary.shards_kept},
                                      {"bytes", summary.bytes}};
    return print_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  print_line(fmt::format("{} images in {}, {}: {}", summary.images, shards(summary.shards),
                         in_gigabytes(summary.bytes), arguments.out));
}

}  // namespace

void add_data_pack(CommandLine& line, CLI::App& data) {
  CLI::App* pack = data.add_subcommand("pack", "Put many images into a few large files");
  auto a = std::make_shared<DataPackArguments>();
  pack->add_option("DIR", a->data, "Images to pack, or with --verify a pack")
      ->required()
      ->type_name("DIR");
  pack->add_option("OUT", a->out, "New folder for the pack")->type_name("OUT");
  pack->add_option("--shard-size", a->shard_size, "Bytes of a shard, at most (default: 2^30)")
      ->type_name("BYTES");
  pack->add_option(
          "--size", a->size,
          "Make larger images smaller, to this shorter side, as JPEG (default: as they are)")
      ->type_name("PIXELS");
  pack->add_option("--quality", a->quality, "Quality of these JPEGs, 1 to 100 (default: 90)")
      ->type_name("N");
  pack->add_option("--workers", a->workers, "Threads that read and resize (default: all cores)")
      ->type_name("N");
  pack->add_flag("--verify", a->verify, "Hold every byte of a pack against its checksums");
  add_json(*pack, a->json);
  pack->callback([&line, a] { line.action = [a] { pack_data(*a); }; });
}

}  // namespace dbot::app
