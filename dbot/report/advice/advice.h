#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "dbot/report/metrics/expected_loss.h"
#include "dbot/report/metrics/run_figures.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/report/text/command_texts.h"

// What the figures of a run mean, in words. Pure functions: the same figures give the same words.
namespace dbot::report {

enum class Severity { good, note, warning, problem };

struct Advice {
  Severity severity = Severity::note;
  std::string id;     // of the check: "collapse", "data_wait"; stable, for tests and programs
  std::string title;  // the finding in a few words
  std::string seen;   // with figures
  std::string why;    // why it matters
  std::string todo;   // what to do about it; empty for a check that passed
};

/// What the checks look at.
struct Observed {
  RunFigures figures;
  std::vector<PictureSet> pictures;  // by step
  /// Of each stage's objective, the last one of all that follow; empty: not known.
  std::vector<std::optional<ExpectedLoss>> expected = {};
  double memory_bytes = std::numeric_limits<double>::quiet_NaN();  // of the machine
  double clip_norm = 0;                                            // 0: gradients are not clipped
  std::int64_t images = 0;                                         // in the data set; 0: not known
  std::int64_t workers = 0;                                        // that load data; 0: not known
  std::int64_t bad_files = 0;
  std::string class_doubt = {};  // why the classes may say nothing of the images: "look like years"
  double chance = std::numeric_limits<double>::quiet_NaN();  // percent; not known in older runs
  CommandTexts commands = {};                                // how to do what is advised
};

/// Of a stage, counted from 0.
std::optional<ExpectedLoss> expected_loss_of(const Observed& observed, std::int64_t stage);

/// Every check that the figures allow, the worst findings first; those that passed stand last.
std::vector<Advice> advise(const Observed& observed);

/// Why accuracies are not to be judged by: the classes are doubtful, or no network and no pixels
/// tell them apart better than chance. A whole sentence; empty where they may be judged by.
std::string reason_against_classes(const Observed& observed);

/// The groups of checks `advise` is made of; each appends its findings.
void check_losses(const Observed& observed, std::vector<Advice>& findings);
void check_machine(const Observed& observed, std::vector<Advice>& findings);
void check_features(const Observed& observed, std::vector<Advice>& findings);
void check_evaluations(const Observed& observed, std::vector<Advice>& findings);

}  // namespace dbot::report
