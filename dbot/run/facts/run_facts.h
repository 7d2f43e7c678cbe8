#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/methods/method.h"
#include "dbot/run/facts/memory_plan.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/train/plan.h"

namespace dbot::run {

/// The classes that evaluations tell apart.
struct EvaluatedClasses {
  std::string from;                // where labels come from: "folder", "none", a list
  std::vector<std::string> names;  // the first ones; data.classes counts those of training
  std::string doubt;               // why they may say nothing of the images; empty: nothing known
  double chance = std::numeric_limits<double>::quiet_NaN();  // accuracy of always saying the
                                                             // largest class, percent
};

/// What a run is about to do and on what machine, as it stands in RUN/run.json and at the head of a
/// run. Keys: docs/run-folder.md.
struct RunFacts {
  std::string dbot, libtorch;  // versions
  std::string recipe;          // its name, or the stem of its file

  struct Machine {
    std::string processor, instruction_set;
    std::int64_t cores = 0, memory_bytes = 0;
  } machine;

  struct Compute {
    std::string device, precision;
    std::int64_t threads = 0, workers = 0;  // of each process
    std::int64_t processes = 1;
  } compute;

  struct Data {
    std::string path, kind;  // several: with commas between; kind: SourceKind::id
    std::vector<std::filesystem::path> sources;  // each as it was given
    std::int64_t images = 0, classes = 0;
    bool labelled = false;
    std::vector<double> mean, std;
    EvaluatedClasses evaluated;  // empty if there is no evaluation
  } data;

  struct Model {
    methods::ModelFacts made_of;
    double flops_per_image = 0;
    std::string description;  // of the backbone, in words
  } model;

  struct Plan {
    std::int64_t stages = 0, steps = 0, steps_per_epoch = 0, images_per_step = 0;
    MemoryPlan memory;
    // From where this process begins to the end of the run; NaN until the first steps were timed.
    double seconds = std::numeric_limits<double>::quiet_NaN();
    double images_per_second = std::numeric_limits<double>::quiet_NaN();
  } plan;
};

/// Of a resolved recipe and a method whose first stage has begun.
RunFacts gather_facts(const Recipe& recipe, const std::string& recipe_name,
                      const data::Dataset& dataset,
                      const std::vector<std::filesystem::path>& data_paths,
                      const std::string& data_kind, const EvaluatedClasses& evaluated,
                      const train::Plan& plan, const methods::Method& method, int processes = 1);

/// One JSON object; what is not known is null.
std::string to_json(const RunFacts& facts);

/// For people, a few lines of a name and what it is.
std::string facts_table(const RunFacts& facts);

/// "about 1.2 GB: program 50 MB, weights 20 MB, …".
std::string memory_text(const MemoryPlan& memory);

/// "estimated time 4m12s (3120 images/s)"; needs plan.seconds.
std::string time_line(const RunFacts& facts);
/// "by its first micro-batch: about 2d05h, 36s a step".
std::string forecast_line(double seconds, double of_a_step);

}  // namespace dbot::run
