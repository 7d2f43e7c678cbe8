#include "tests/faults/small_run.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

#include "dbot/core/error.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;

core::StopRequest stop;  // of the child; a signal handler reaches nothing else

void on_signal(int) {
  stop.request();
}

int train(const fs::path& data, const fs::path& out, const Start& how, const Say& say) {
  signal(SIGTERM, on_signal);
  signal(SIGHUP, on_signal);
  if (how.stopped_before) stop.request();
  const core::Log log = [&](core::LogLevel level, std::string_view text) {
    say((level == core::LogLevel::warning ? "warning: " : "") + std::string(text));
  };
  std::vector<std::string> settings{"schedule.total_steps=4", "data.workers=1"};
  settings.insert(settings.end(), how.settings.begin(), how.settings.end());
  try {
    const auto recipe = run::parse_recipe(cli_test::tiny_recipe(), "tiny", settings);
    std::vector<train::TrainObserver*> watchers;
    const auto watcher = how.watcher ? how.watcher(stop) : nullptr;
    if (watcher) watchers.push_back(watcher.get());
    const auto summary =
        run::pretrain(recipe, {data, out, how.resume, "small"}, watchers, stop, log);
    return summary.training.finished ? 0 : 75;
  } catch (const UsageError& error) {
    say(error.what());
    return 2;
  } catch (const DataError& error) {
    say(error.what());
    return 3;
  } catch (const Stopped& error) {
    say(error.what());
    return 75;
  } catch (const Error& error) {
    say(error.what());
    return 1;
  }
}

/// Of a file system in memory where there is one.
fs::path memory_folder() {
  const fs::path memory = "/dev/shm";
  return access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path();
}

}  // namespace

Place::Place() : test::TemporaryFolder(memory_folder()) {}

SmallRun::SmallRun() : data_(place_ / "data") {
  cli_test::write_idx_set(data_);
}

void SmallRun::use_pictures(int count) {
  data_ = place_ / "pictures";
  cli_test::write_png_folder(data_, count);
}

Ending SmallRun::start(const Start& how, const std::string& name) const {
  return in_child(how.plan, run(name),
                  [&](const Say& say) { return train(data_, run(name), how, say); });
}

std::string SmallRun::result(const std::string& name) const {
  std::string bytes = cli_test::read_file(run(name) / "model.safetensors");
  const auto checkpoints = train::list_checkpoints(run(name) / "checkpoints");
  if (checkpoints.empty()) return bytes;
  for (const char* file : {"student.safetensors", "teacher.safetensors", "optimizer.safetensors"}) {
    bytes += "|" + cli_test::read_file(checkpoints.back() / file);
  }
  return bytes;
}

void SmallRun::make_clean() {
  const Ending ending = start({}, "clean");
  if (ending.code != 0) throw std::runtime_error("a run without faults failed: " + ending.said);
  clean_operations_ = ending.operations;
  expected_ = result("clean");
}

const std::string& SmallRun::expected() {
  if (expected_.empty()) make_clean();
  return expected_;
}

long SmallRun::clean_operations() {
  if (expected_.empty()) make_clean();
  return clean_operations_;
}

void SmallRun::remove(const std::string& name) const {
  fs::remove_all(run(name));
}

}  // namespace dbot::faults
