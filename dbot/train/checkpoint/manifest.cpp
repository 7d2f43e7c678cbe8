#include "dbot/train/checkpoint/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/core/files/files.h"
#include "dbot/core/json.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kFormatVersion = 1;
constexpr const char* kChecksumKey = "xxh3_128";

// A name must stay inside the folder.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

Manifest parse(const json& document) {
  if (core::whole_number(document.at("version")) != kFormatVersion) {
    throw DataError(
        {.subject = kManifestFile,
         .fault = Fault::unsupported,
         .reason = fmt::format("has version {}, expected {}; it was written by another dbot",
                               document.at("version").dump(), kFormatVersion)});
  }
  Manifest manifest;
  for (const auto& [name, entry] : document.at("files").items()) {
    if (!is_plain_name(name)) {
      throw DataError({.subject = kManifestFile,
                       .fault = Fault::corrupt,
                       .reason = "names a file outside the folder: " + name});
    }
    const std::int64_t bytes = core::whole_number(entry.at("bytes"));
    if (bytes < 0) {
      throw DataError({.subject = kManifestFile,
                       .fault = Fault::corrupt,
                       .reason = fmt::format("says that {} has {} bytes", name, bytes)});
    }
    manifest.files[name] = {static_cast<std::uint64_t>(bytes),
                            entry.at(kChecksumKey).get<std::string>()};
  }
  if (manifest.files.empty()) {
    throw DataError(
        {.subject = kManifestFile, .fault = Fault::corrupt, .reason = "names no files"});
  }
  return manifest;
}

}  // namespace

void write_manifest(const fs::path& folder, const std::vector<std::string>& names) {
  json files = json::object();
  for (const std::string& name : names) {
    files[name] = {{"bytes", fs::file_size(folder / name)},
                   {kChecksumKey, core::checksum_of_file(folder / name)}};
  }
  const json document = {{"version", kFormatVersion}, {"files", files}};
  core::write_file_synced(folder / kManifestFile, document.dump(2) + "\n");
}

Manifest read_manifest(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw DataError({.operation = "checkpoint",
                     .subject = folder.string(),
                     .fault = Fault::missing,
                     .reason = ": there is no such folder"});
  }
  if (!fs::exists(folder / kManifestFile, error)) {
    throw DataError(
        {.operation = "checkpoint",
         .subject = folder.string(),
         .fault = Fault::missing,
         .reason = fmt::format(": {} is missing, so it was never finished", kManifestFile)});
  }
  const std::string text = core::read_text_file(folder / kManifestFile);
  try {
    return parse(core::parse_json(text));
  } catch (const json::exception& problem) {
    throw DataError(
        {.operation = "checkpoint",
         .subject = folder.string(),
         .fault = Fault::corrupt,
         .reason = fmt::format(": {} cannot be read: {}", kManifestFile, problem.what())});
  } catch (const DataError& problem) {
    throw data_error_about("checkpoint", folder.string(), problem);
  }
}

void check_sizes(const fs::path& folder, const Manifest& manifest) {
  for (const auto& [name, entry] : manifest.files) {
    std::error_code error;
    const auto bytes = fs::file_size(folder / name, error);
    if (error) {
      throw DataError({.operation = "checkpoint",
                       .subject = folder.string(),
                       .fault = Fault::unreadable,
                       .reason = fmt::format(": {} cannot be read: {}", name, error.message())});
    }
    if (bytes != entry.bytes) {
      throw DataError(
          {.operation = "checkpoint",
           .subject = folder.string(),
           .fault = Fault::mismatch,
           .reason = fmt::format(": {} has {} bytes, manifest says {}", name, bytes, entry.bytes)});
    }
  }
}

void check_contents(const fs::path& folder, const Manifest& manifest) {
  check_sizes(folder, manifest);
  for (const auto& [name, entry] : manifest.files) {
    const std::string checksum = core::checksum_of_file(folder / name);
    if (checksum != entry.checksum) {
      throw DataError({.operation = "checkpoint",
                       .subject = folder.string(),
                       .fault = Fault::mismatch,
                       .reason = fmt::format(": {} has checksum {}, manifest says {}", name,
                                             checksum, entry.checksum)});
    }
  }
}

}  // namespace dbot::train
