#include "dbot/run/stored/stored_method.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/runtime/device.h"
#include "dbot/train/checkpoint/checkpoint.h"

namespace dbot::run {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// A checkpoint of a run, and the run's recipe.
struct Source {
  fs::path recipe;
  train::Checkpoint checkpoint;
};

Source open_run(const fs::path& run, const core::Log& log) {
  auto checkpoint = train::read_newest_checkpoint(run / "checkpoints", log);
  if (!checkpoint) {
    throw DataError({.operation = "model",
                     .subject = run.string(),
                     .fault = Fault::empty,
                     .reason = "has no checkpoint yet",
                     .way_out = "go on with the run"});
  }
  return {run / "recipe.toml", std::move(*checkpoint)};
}

Source open_checkpoint(const fs::path& folder) {
  // `latest` is a link to the folder that stands beside it.
  const fs::path recipe = fs::canonical(folder).parent_path().parent_path() / "recipe.toml";
  if (!is_file(recipe)) {
    throw DataError({.operation = "model",
                     .subject = "the checkpoint " + folder.string(),
                     .fault = Fault::mismatch,
                     .reason = fmt::format("has no run around it: {} is missing", recipe.string()),
                     .way_out = "give the run folder it belongs to"});
  }
  return {recipe, train::read_checkpoint(folder)};
}

Source open_source(const fs::path& path, const core::Log& log) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw DataError(
        {.operation = "model",
         .subject = path.string(),
         .fault = Fault::missing,
         .reason = "does not exist, expected a run folder or one of its checkpoint folders"});
  }
  if (!fs::is_directory(path, ignored)) {
    throw UsageError({.operation = "model",
                      .subject = path.string(),
                      .fault = Fault::unsupported,
                      .reason =
                          "is a file of weights: it holds an encoder, but neither the decoder "
                          "nor the teacher",
                      .way_out = "give the run folder or one of its checkpoints, such as "
                                 "RUN/checkpoints/latest"});
  }
  if (is_file(path / "recipe.toml")) return open_run(path, log);
  if (is_file(path / "manifest.json")) return open_checkpoint(path);
  throw DataError({.operation = "model",
                   .subject = path.string(),
                   .fault = Fault::unsupported,
                   .reason = "is neither a run (recipe.toml) nor a checkpoint (manifest.json)"});
}

}  // namespace

std::unique_ptr<methods::Method> stored_method(const Recipe& recipe, std::int64_t stage,
                                               const runtime::NamedTensors& state,
                                               std::vector<std::string> words) {
  auto method = methods::catalogue::make_stored(recipe.method, make_context(recipe));
  methods::DataFacts facts = data_facts(recipe);
  facts.words = std::move(words);
  method->see_data(facts);
  method->load_state(stage, state);
  return method;
}

StoredMethod load_stored_method(const fs::path& path, const core::Log& log) {
  const Source source = open_source(path, log);
  StoredMethod stored;
  stored.recipe = read_recipe(core::read_text_file(source.recipe), source.recipe.string());
  // What looks at a stored run computes on the CPU, wherever it was trained.
  stored.recipe.compute.device = to_string(runtime::Device{});
  stored.state = source.checkpoint.state;
  stored.texts = stored_texts(source.recipe.parent_path());
  std::vector<std::string> words;
  if (stored.texts.tokenizer) words = stored.texts.tokenizer->vocabulary().tokens();
  stored.method =
      stored_method(stored.recipe, stored.state.stage, source.checkpoint.tensors, std::move(words));
  return stored;
}

const methods::MixtureCapability& mixtures_of(const StoredMethod& stored, const char* operation,
                                              const fs::path& path) {
  if (const methods::MixtureCapability* mixtures = stored.method->mixtures()) return *mixtures;
  throw UsageError({.operation = operation,
                    .subject = path.string(),
                    .fault = Fault::unsupported,
                    .reason = "takes no mixtures of two images apart, expected a run that was "
                              "trained to"});
}

}  // namespace dbot::run
