#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dbot/methods/method.h"
#include "dbot/report/advice/advice.h"
#include "dbot/report/advice/verdict.h"
#include "dbot/report/metrics/run_figures.h"
#include "dbot/report/page/page_json.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/report/text/command_texts.h"

// The parts of a run's page data. Private to the report: it shows nlohmann's types.
namespace dbot::report {

/// What could not be shown, in words, collected as the parts are made.
using LeftOut = std::vector<std::string>;

/// At most `most_bytes` of a file; empty if it is no readable regular file.
std::string read_bounded(const std::filesystem::path& path, std::size_t most_bytes);

/// run.json, tolerantly: known shapes of values only, texts made fit to be shown.
PageJson facts_part(const std::filesystem::path& run, LeftOut& left_out);

/// recipe.toml: "text", and "entries" of key and value as text.
PageJson recipe_part(const std::filesystem::path& run, LeftOut& left_out);

/// What each stage predicts, the last one of all that follow: at least one.
std::vector<methods::ModelFacts::Objective> objectives_of(const PageJson& facts,
                                                          const PageJson& recipe);
/// A number of the recipe; 0 if it has none there.
double number_setting(const PageJson& recipe, const char* key);

PageJson progress_part(const RunFigures& figures);
PageJson curves_part(const RunFigures& figures);
/// Each stage with what it predicts and the loss of predicting nothing, where that is known.
PageJson stages_part(const RunFigures& figures,
                     const std::vector<methods::ModelFacts::Objective>& objectives);
/// What each stage behind the first added: see stage_gain.h.
PageJson stage_gains_part(const Observed& observed);
PageJson evaluations_part(const RunFigures& figures);
/// What `dbot evaluate` left in RUN/evaluations/N, in the order it was made: its results.json,
/// tolerantly, with "number".
PageJson later_evaluations_part(const std::filesystem::path& run, LeftOut& left_out);
PageJson advice_part(const std::vector<Advice>& findings);

/// The sets with their pictures as data URIs, within a budget of bytes; the newest come first to
/// it. Thumbnails that a later set has too are its place in the list.
PageJson pictures_part(const std::filesystem::path& run, const std::vector<PictureSet>& sets,
                       LeftOut& left_out);

/// Name, step, bytes and whether the sizes of its files are right, oldest first.
PageJson checkpoints_part(const std::filesystem::path& run);

/// How many lines bad_files.txt has, and the first of them.
PageJson bad_files_part(const std::filesystem::path& run);

/// The commands for this run, ready to be pasted into a shell.
PageJson next_part(const std::filesystem::path& run, const std::string& data, RunState state,
                   const RunFigures& figures, const CommandTexts& commands);

}  // namespace dbot::report
