#include "dbot/run/pretrain/kept_run.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/report/page/page_data.h"
#include "dbot/run/pretrain/bad_file_list.h"
#include "dbot/run/pretrain/pretrain_setup.h"
#include "dbot/run/pretrain/pretrain_summary.h"

namespace dbot::run {

KeptRun::KeptRun(const PretrainOptions& options, core::Log log)
    : folder_(claim_folder(options)), log_(std::move(log)) {}

void KeptRun::store(const std::string& recipe_toml, const std::string& defaults,
                    const std::map<std::string, std::string>& further) {
  folder_.store_recipe(recipe_toml, defaults);
  for (const auto& [name, content] : further) {
    core::write_file_atomically(folder_.path() / name, content);
  }
}

PretrainSummary KeptRun::run(train::Trainer& trainer, const core::StopRequest& stop,
                             const methods::Method& method, runtime::Precision precision) {
  train::TrainSummary training;
  try {
    training = trainer.run(stop);
  } catch (const Error&) {
    list_bad_files(trainer);
    observers_->ended(/*finished=*/false);
    throw;
  }
  list_bad_files(trainer);
  observers_->ended(training.finished);
  PretrainSummary summary =
      summarise(training, method, folder_, precision, observers_->missing_table());
  summary.stage_gains = observers_->stage_gains();
  summary.verdict = observers_->page_summary().verdict;
  summary.chance = observers_->page_summary().chance;
  return summary;
}

void KeptRun::list_bad_files(const train::Trainer& trainer) const {
  try {
    add_to_bad_file_list(folder_.path() / "bad_files.txt", trainer.bad_samples());
  } catch (const std::exception& problem) {  // they were told one by one
    log_(core::LogLevel::warning,
         fmt::format("bad_files.txt could not be written: {}", problem.what()));
  }
}

}  // namespace dbot::run
