#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

// What `dbot inspect` finds, as JSON; the texts for people are made from it.
namespace dbot::app {

/// A weights file of any kind, or the index of one in parts: header, tensors, and what else is in
/// it. Throws DataError for a broken one.
nlohmann::ordered_json describe_weights(const std::filesystem::path& file);
/// A checkpoint folder: where it stands, its files, and whether it is whole.
nlohmann::ordered_json describe_checkpoint(const std::filesystem::path& folder);
/// The checkpoints of a run: each as above, oldest first, and which one `latest` names.
nlohmann::ordered_json describe_checkpoints(const std::filesystem::path& folder);
/// RUN/run.json as it stands. Throws DataError if it cannot be read.
nlohmann::ordered_json describe_facts(const std::filesystem::path& file);
/// A run folder: recipe, facts, progress, checkpoints, evaluations.
nlohmann::ordered_json describe_run(const std::filesystem::path& folder);

}  // namespace dbot::app
