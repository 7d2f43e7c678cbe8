#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbot/run/pretrain/observers.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/run_folder.h"
#include "dbot/train/trainer.h"

namespace dbot::run {

/// What the first process of a run alone has: its folder, and those who watch it.
class KeptRun {
 public:
  /// Claims the folder. Throws as `claim_folder` does.
  KeptRun(const PretrainOptions& options, core::Log log);

  const train::RunFolder& folder() const { return folder_; }
  const Observers& observers() const { return *observers_; }

  /// Writes down what it is a run of: from here on it is one. `further`: files beside the recipe,
  /// by their names.
  void store(const std::string& recipe_toml, const std::string& defaults,
             const std::map<std::string, std::string>& further);
  void watch(std::unique_ptr<Observers> observers) { observers_ = std::move(observers); }
  /// Trains to the end or to a stop, and writes down how it went, whatever comes.
  PretrainSummary run(train::Trainer& trainer, const core::StopRequest& stop,
                      const methods::Method& method, runtime::Precision precision);

 private:
  void list_bad_files(const train::Trainer& trainer) const;

  train::RunFolder folder_;
  core::Log log_;
  std::unique_ptr<Observers> observers_;
};

}  // namespace dbot::run
