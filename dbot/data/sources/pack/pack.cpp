#include "dbot/data/sources/pack/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/in_parallel.h"
#include "dbot/data/sources/pack/pack_work.h"
#include "dbot/data/sources/pack/packed_image.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNames = std::size_t{1} << 20;  // bytes in memory at once

void check_pack_config(const PackConfig& config) {
  const auto check = [](bool holds, std::string_view name, auto value, std::string_view expected) {
    if (holds) return;
    throw UsageError(fmt::format("[data pack] {} is {}, expected {}", name, value, expected));
  };
  check(config.shard_bytes >= 1, "bytes of a shard", config.shard_bytes, "at least 1 byte");
  check(config.shorter_side >= 0 && config.shorter_side <= 65500, "shorter side",
        config.shorter_side, "pixels, 1 to 65500");
  check(config.quality >= 1 && config.quality <= 100, "quality", config.quality, "1 to 100");
  check(config.workers >= 1, "number of workers", config.workers, "at least 1");
}

/// Throws UsageError unless the image is encoded.
void require_encoded(const Sample& sample) {
  if (sample.part(kImagePart).encoded()) return;
  throw UsageError(
      fmt::format("[data pack] {} is no encoded image; what lies in one file of pixels "
                  "already gains nothing from a pack",
                  sample.name()));
}

/// The same by the first image that can be read: nothing was written yet then.
void require_encoded(const Dataset& dataset) {
  Sample sample;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    try {
      dataset.read(i, sample);
      return require_encoded(sample);
    } catch (const DataError&) {
    }
  }
}

void check_place(const fs::path& out) {
  std::error_code ignored;
  if (!fs::exists(out, ignored) || (fs::is_directory(out, ignored) && fs::is_empty(out, ignored))) {
    return;
  }
  throw UsageError(fmt::format("[data pack] {} is there already; name a new folder", out.string()));
}

/// What is packed and how. Shards of an attempt with another plan are of no use.
std::string plan_of(const std::vector<std::shared_ptr<const Dataset>>& parts,
                    const PackConfig& config) {
  std::string plan = fmt::format("shard_bytes {}\nshorter_side {}\nquality {}\n",
                                 config.shard_bytes, config.shorter_side, config.quality);
  for (const auto& part : parts) {
    std::string names = part->name(0) + '\n';
    for (std::int64_t i = 0; i < part->size(); ++i) {
      names += fmt::format("{}\n{}\n", part->key(i), part->label(i));
      if (names.size() > kMostNames) names = core::checksum(std::as_bytes(std::span(names)));
    }
    plan += fmt::format("images {} {}\n", part->size(),
                        core::checksum(std::as_bytes(std::span(names))));
  }
  return plan;
}

/// The folder in which a pack grows, and the right to write there.
class PackPlace {
 public:
  PackPlace(fs::path partial, const std::string& plan) : partial_(std::move(partial)) {
    core::create_folders(partial_);
    lock_ = core::FileLock::try_acquire(partial_ / "lock");
    if (!lock_) {
      throw Error(
          fmt::format("[data pack] {} packs into {} already; wait for it, or name another "
                      "folder",
                      core::FileLock::holder(partial_ / "lock"), partial_.string()));
    }
    const fs::path stored = partial_ / "plan.txt";
    std::error_code ignored;
    if (!fs::exists(stored, ignored) || core::read_text_file(stored) != plan) {
      core::remove_tree(work());
      core::write_file_atomically(stored, plan);
    }
  }
  fs::path work() const { return partial_ / "pack"; }
  void move_to(const fs::path& out) {
    core::rename_path(work(), out);
    core::sync_directory(fs::absolute(out).parent_path());
    core::remove_tree(partial_);
  }

 private:
  fs::path partial_;
  std::optional<core::FileLock> lock_;
};

class Packer {
 public:
  Packer(const PackConfig& config, const core::StopRequest& stop, const core::Log& log,
         std::function<void(std::int64_t)> progress)
      : config_(config), stop_(stop), log_(log), progress_(std::move(progress)) {}

  void run(const Dataset& dataset, const fs::path& folder, PackSummary& summary) {
    PackWork work(folder);
    if (!work.finished()) {
      summary.shards_kept += static_cast<std::int64_t>(work.index().shards.size());
      pack_rest(dataset, work);
      require_images(dataset, work);
      work.finish(dataset.classes());
    }
    const PackIndex& index = work.index();
    summary.images += static_cast<std::int64_t>(index.images());
    summary.left_out += dataset.size() - static_cast<std::int64_t>(index.images());
    summary.shards += static_cast<std::int64_t>(index.shards.size());
    for (const auto& shard : index.shards) summary.bytes += shard.bytes;
  }

 private:
  /// An image for the pack, or why there is none.
  struct Made {
    std::vector<std::uint8_t> bytes;
    std::string problem;
  };

  void pack_rest(const Dataset& dataset, PackWork& work) {
    const std::int64_t at_once = std::int64_t{8} * config_.workers;
    for (std::int64_t begin = work.next(); begin < dataset.size(); begin += at_once) {
      if (stop_.requested()) {
        throw Stopped("[data pack] stopped on request; the same command goes on");
      }
      std::vector<Made> made(static_cast<std::size_t>(std::min(at_once, dataset.size() - begin)));
      in_parallel(made.size(), config_.workers, [&](std::size_t i) {
        made[i] = make(dataset, begin + static_cast<std::int64_t>(i));
      });
      for (std::size_t i = 0; i < made.size(); ++i) {
        add(dataset, begin + static_cast<std::int64_t>(i), made[i], work);
      }
      progress_(begin + static_cast<std::int64_t>(made.size()));
    }
    if (work.shard_is_open()) work.end_shard(dataset.size());
  }

  Made make(const Dataset& dataset, std::int64_t index) const try {
    Sample sample;
    dataset.read(index, sample);
    require_encoded(sample);
    Made made{packed_image(sample, config_), {}};
    if (made.bytes.size() > kMostImageBytes) {
      made.problem =
          fmt::format("{}: has more than {} bytes", dataset.name(index), kMostImageBytes);
    }
    return made;
  } catch (const DataError& error) {
    return {{}, broken_sample(error, dataset.name(index))};
  }

  void add(const Dataset& dataset, std::int64_t index, const Made& made, PackWork& work) {
    if (!made.problem.empty()) {
      log_(core::LogLevel::warning, fmt::format("[data] left out: {}", made.problem));
      return;
    }
    const bool full =
        work.shard_is_open() && work.open_shard_bytes() + made.bytes.size() > config_.shard_bytes;
    if (full) work.end_shard(index);
    work.add(made.bytes, dataset.key(index), static_cast<std::int32_t>(dataset.label(index)));
  }

  static void require_images(const Dataset& dataset, const PackWork& work) {
    if (work.index().images() > 0) return;
    throw DataError({.operation = "data",
                     .fault = Fault::unreadable,
                     .reason = fmt::format("none of {} images could be packed; first: {}",
                                           dataset.size(), dataset.name(0))});
  }

  const PackConfig& config_;
  const core::StopRequest& stop_;
  const core::Log& log_;
  std::function<void(std::int64_t)> progress_;
};

}  // namespace

PackSummary pack(const std::vector<std::shared_ptr<const Dataset>>& parts, const fs::path& out,
                 const PackConfig& config, const core::StopRequest& stop, const core::Log& log,
                 const core::TellProgress& progress) {
  check_pack_config(config);
  std::int64_t all = 0, before = 0;
  for (const auto& part : parts) {
    require_encoded(*part);
    all += part->size();
  }
  const fs::path place = out.has_filename() ? out : out.parent_path();
  check_place(place);
  PackPlace partial(place.string() + ".partial", plan_of(parts, config));
  PackSummary summary;
  Packer packer(config, stop, log, [&](std::int64_t done) {
    if (progress) progress({.done = before + done, .total = all});
  });
  try {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const char* folder = parts.size() == 1 ? "" : i == 0 ? "train" : "test";
      packer.run(*parts[i], partial.work() / folder, summary);
      before += parts[i]->size();
    }
    partial.move_to(place);
  } catch (const Error& error) {
    if (typeid(error) != typeid(Error)) throw;
    // A full disk, most likely.
    throw Error(fmt::format(
        "{}; finished shards are kept, and the same command goes on behind them", error.what()));
  }
  return summary;
}

}  // namespace dbot::data
