#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/loader/loader_config.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/methods/catalogue.h"
#include "dbot/optim/optimizer_config.h"
#include "dbot/report/report_config.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/plan.h"
#include "dbot/train/trainer.h"

// A recipe is everything that determines a run except the data: the modules' own configuration
// structs under the names of its TOML tables. Missing keys keep the defaults of the structs.
namespace dbot::run {

/// What `--steps` and `--epochs` set: the length of the whole run, whatever the recipe's own
/// length. Stages and warm-up shrink in proportion.
struct LengthConfig {
  std::int64_t total_steps = -1;  // −1: as the recipe says
  double total_epochs = -1;       // −1: as the recipe says
};

/// Which code computes, in the order of simd::KernelLevel; automatic: the processor's best, by
/// rule.
enum class KernelRequest { automatic, reference, portable, avx2, avx512, avx512_bf16, amx };
/// What multiplies matrices; automatic: our own kernels; measured: of float32, what is faster when
/// a run begins, kept with it. Two measured runs need not be the same bit for bit.
enum class ProductRequest { automatic, own, libtorch, measured };

/// What a backward pass computes once more in place of keeping it (ops/backends.h).
enum class RecomputeRequest { off, blocks };

/// Where and how a run computes.
struct ComputeConfig {
  std::string device = "auto";
  std::int64_t threads = 0;  // compute threads; 0: one for each usable core
  KernelRequest kernels = KernelRequest::automatic;
  ProductRequest matrix_products = ProductRequest::automatic;
  RecomputeRequest recompute = RecomputeRequest::off;
};

struct Recipe {
  methods::MethodConfig method;
  train::StagesConfig stages;
  train::ScheduleConfig schedule;
  LengthConfig length;
  optim::OptimizerConfig optimizer;
  train::TrainConfig train;
  train::ValidationConfig validation;
  ComputeConfig compute;
  data::DataConfig data;
  eval::EvaluateConfig evaluate;
  train::CheckpointConfig checkpoint;
  report::ReportConfig report;
};

/// Names every key once, with bounds, unit and meaning. `recipe` must outlive the result.
core::Settings bind(Recipe& recipe);

/// Throws UsageError unless the values fit each other. Reads no file.
void check(const Recipe& recipe);

/// The stages of a run: those that the system divides it into itself, else those of [stages].
train::StagesConfig stages_of(const Recipe& recipe);

/// What the method is told of the rest of the recipe.
methods::Surroundings surroundings(const Recipe& recipe);

/// Defaults, then the TOML document, then `key=value` assignments. An optimizer that assignments
/// choose in place of the document's begins with its own defaults: rates and decay of the other
/// were made for that. `origin` names the document in messages. Each value is checked by itself;
/// whether they fit each other is `check`'s question. Throws UsageError; a key of another system is
/// refused in that system's name.
Recipe read_recipe(std::string_view toml, std::string_view origin,
                   const std::vector<std::string>& assignments = {});
/// The same, checked.
Recipe parse_recipe(std::string_view toml, std::string_view origin,
                    const std::vector<std::string>& assignments = {});

/// The recipe as a TOML document that reads back to the same values.
std::string to_toml(const Recipe& recipe);

/// Markdown tables: of all keys of the first system, and of what others have in place of its own.
std::string document_keys();

/// Of a resolved recipe.
methods::MakeContext make_context(const Recipe& recipe);

/// What a resolved recipe knows of its data.
methods::DataFacts data_facts(const Recipe& recipe);

/// Of a recipe for a system that reads images; throws UsageError for any other, in the name of
/// `operation`.
nn::ImageInput image_input(const Recipe& recipe, std::string_view operation);

}  // namespace dbot::run
