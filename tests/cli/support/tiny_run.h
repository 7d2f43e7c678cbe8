#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/support/program.h"

// A data set and a recipe so small that a run takes a second.
namespace dbot::cli_test {

/// 8×8 grey images in two classes, 64 to train on and 32 to test, as IDX files.
void write_idx_set(const std::filesystem::path& folder);

/// An 8×8 RGB picture of one of two classes.
void write_png(const std::filesystem::path& file, int number, int label);

/// `count` PNG files in one folder without labels.
void write_png_folder(const std::filesystem::path& folder, int count);

/// A recipe of two stages, 8 steps each on the IDX set, in fp32 with one thread, without evaluation
/// unless it is asked for; a checkpoint at every step.
std::string tiny_recipe();

/// The newest checkpoint of a run by its name; empty if there is none.
std::string latest(const std::filesystem::path& run);

/// Waits until the run has written a checkpoint after `before`; false if it ended instead.
bool wait_for_progress(Program& program, const std::filesystem::path& run,
                       const std::string& before);

/// What every test of runs needs: data, recipe, a place for runs.
struct Workshop {
  Workshop();
  TemporaryFolder folder;
  std::string data, recipe;

  /// dbot pretrain with these data and recipe into folder/NAME.
  std::vector<std::string> command(const std::string& name,
                                   const std::vector<std::string>& more = {}) const;
  Result pretrain(const std::string& name, const std::vector<std::string>& more = {}) const;
  std::string model(const std::string& name) const;
};

}  // namespace dbot::cli_test
