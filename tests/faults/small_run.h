#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/train/observer.h"
#include "tests/core/temporary_folder.h"
#include "tests/faults/child.h"

namespace dbot::faults {

/// A folder in memory, if there is such a file system, that is removed at the end.
class Place : public test::TemporaryFolder {
 public:
  Place();
};

/// What one start of a run is given besides the data.
struct Start {
  std::string plan = {};                   // faults
  std::vector<std::string> settings = {};  // "section.key=value"
  bool resume = true;
  /// Sees the run; may request the stop.
  std::function<std::unique_ptr<train::TrainObserver>(core::StopRequest&)> watcher = {};
  bool stopped_before = false;  // the stop is requested before anything else
};

/// Two stages of two steps on 64 images of 8×8 pixels, with a checkpoint after each step, by the
/// library's own entry in a process of its own. Exit codes are those of the program.
class SmallRun {
 public:
  SmallRun();

  const std::filesystem::path& folder() const { return place_.path(); }
  std::filesystem::path run(const std::string& name = "run") const { return folder() / name; }
  std::filesystem::path data() const { return data_; }
  /// Trains on a folder of PNG files instead.
  void use_pictures(int count);

  Ending start(const Start& how = {}, const std::string& name = "run") const;
  /// Bytes of all files that a run comes to: weights, and student, teacher and optimizer of the
  /// newest checkpoint.
  std::string result(const std::string& name = "run") const;
  /// That of a run nothing happened to, made once.
  const std::string& expected();
  long clean_operations();
  void remove(const std::string& name = "run") const;

 private:
  void make_clean();

  Place place_;
  std::filesystem::path data_;
  std::string expected_;
  long clean_operations_ = 0;
};

}  // namespace dbot::faults
