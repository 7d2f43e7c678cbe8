#pragma once

#include <filesystem>
#include <string>

#include "dbot/core/log.h"
#include "dbot/exchange/export/network_weights.h"

namespace dbot::run {

struct NetworkToExport {
  exchange::NetworkWeights weights;
  std::string source;  // the file or run they come from
};

/// What a model's path names, to be handed out. Without `decoder`: the encoder that
/// exchange::resolve_model_path finds, with its head where it is a classifier; one of clips becomes
/// one of images, which the log is told. With it: the student
/// of the run's newest whole checkpoint, or of the checkpoint itself. Throws UsageError for a
/// weights file where a decoder is wanted, and DataError for what is missing or broken.
NetworkToExport load_network_to_export(const std::filesystem::path& model, bool decoder,
                                       const core::Log& log);

}  // namespace dbot::run
