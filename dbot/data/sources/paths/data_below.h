#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "dbot/data/sources/content.h"

// Where the data lie, if not in the folder that was named.
namespace dbot::data {

/// The folder below that holds the data: shards beside texts that explain them, as a hub gives
/// them. `is_source` says of a folder whether it holds shards. Empty where `folder` is not such a
/// one: it has what is looked for, or others below it have. Throws DataError, naming them, if there
/// are several.
std::filesystem::path folder_with_data(
    const std::filesystem::path& folder, Content content,
    const std::function<bool(const std::filesystem::path&)>& is_source);

/// What to do with a folder in which no image was found, by what lies in it: "name photos/data, in
/// which Parquet files lie". Empty if nobody can tell.
std::string way_to_data(const std::filesystem::path& folder);

/// The same of a file that is of no kind that is read.
std::string way_to_data_of(const std::filesystem::path& file);

}  // namespace dbot::data
