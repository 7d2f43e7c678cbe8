#pragma once

#include "dbot/methods/method.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/runtime/precision.h"
#include "dbot/train/run_folder.h"
#include "dbot/train/trainer.h"

namespace dbot::run {

/// The figures of a run whose training has ended or was stopped. Measures the machine's speed where
/// there is something to compare with it, which takes a moment. `missing_table`: see
/// PretrainSummary.
PretrainSummary summarise(const train::TrainSummary& training, const methods::Method& method,
                          const train::RunFolder& folder, runtime::Precision precision,
                          MissingTable missing_table);

}  // namespace dbot::run
