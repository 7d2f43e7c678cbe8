#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/features.h"

namespace dbot::eval {

/// Writes features to `path`: a safetensors file with every kind under its name, float32 [samples,
/// width] ("tokens": [samples, patches, width]), and `labels`, int64 [samples] (−1 unlabelled), if
/// there are any. Beside it `path`.names.txt: the name of each sample's file as `escaped_line`
/// writes it, one a line. `classes`, if any, stand in the header as a JSON list, and so does
/// `metadata`. Throws Error if a file cannot be written, DataError naming the first sample whose
/// features are not finite.
void write_embedding(const std::filesystem::path& path, const Features& features,
                     const data::Dataset& dataset,
                     std::map<std::string, std::string> metadata = {});

/// The same as a table for people: name, label (empty if unlabelled), then one column a feature of
/// `kind`, floats as short as they read back equal. Quoted by RFC 4180.
void write_embedding_csv(const std::filesystem::path& path, const Features& features,
                         const std::string& kind, const data::Dataset& dataset);

/// A name as one line: a backslash is written \\, a line break \n.
std::string escaped_line(std::string_view name);

/// Where `write_embedding` puts the names: "out.safetensors" → "out.safetensors.names.txt".
std::filesystem::path names_path(const std::filesystem::path& path);

}  // namespace dbot::eval
