#include "dbot/data/text/captions/captions.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/text/captions/caption_file.h"
#include "dbot/data/text/captions/own_captions.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using Parts = std::vector<std::shared_ptr<const Dataset>>;

const PartFiles& files_of(const DataParts& parts, const std::string& name) {
  if (name == "val") return parts.source.val;
  return name == "test" ? parts.source.test : parts.source.train;
}

CaptionList captions_beside(const DataParts& parts, const OpenContext& context) {
  CaptionList captions;
  for (const auto& part : parts.named()) {
    // The parts inside one archive share its files.
    const auto& own = files_of(parts, part.name);
    const auto& files = own.empty() ? parts.source.train : own;
    const auto found = own_captions(*parts.source.kind, files, *part.images, context);
    for (std::size_t i = 0; i < found.size(); ++i) captions.add(found.image(i), found.caption(i));
    if (own.empty() || parts.inside.divided()) break;
  }
  return captions;
}

void tell(const MatchedCaptions& matched, const std::string& source, const core::Log& log) {
  const auto& counts = matched.counts;
  log(core::LogLevel::information,
      fmt::format("{}: {} captions of {} images", source, counts.captions, counts.captioned));
  for (const auto& line : counts.told()) {
    log(core::LogLevel::warning, fmt::format("[data] {}: {}", source, line));
  }
}

void require_caption_file(const fs::path& from) {
  std::error_code ignored;
  if (fs::is_regular_file(from, ignored)) return;
  throw DataError({.operation = "data",
                   .subject = from.string(),
                   .fault = Fault::missing,
                   .reason = "is no file of captions",
                   .way_out = "expected beside, or a .csv, .tsv, .txt, .jsonl or .json file"});
}

MatchedCaptions from_file(Parts parts, const fs::path& from, const fs::path& path,
                          const core::Log& log, std::size_t names = kFewNames) {
  require_caption_file(from);
  auto matched = match_captions(std::move(parts), read_captions(from), path, from.parent_path(),
                                from.string(), names);
  tell(matched, from.string(), log);
  return matched;
}

}  // namespace

MatchedCaptions with_captions(const DataParts& parts, const std::string& from, const fs::path& path,
                              const OpenContext& context, std::size_t names) {
  Parts images;
  for (const auto& part : parts.named()) images.push_back(part.images);
  if (from != kBesideImages) return from_file(std::move(images), from, path, context.log, names);
  auto matched = match_captions(std::move(images), captions_beside(parts, context), path, {},
                                path.string(), names);
  tell(matched, path.string(), context.log);
  return matched;
}

DataParts open_with_captions(const fs::path& path, Wanted wanted, const std::string& from,
                             const OpenContext& context) {
  DataParts parts = open(path, Wanted::all, context);
  auto captioned = with_captions(parts, from, path, context).parts;
  auto next = captioned.begin();
  for (auto* part : {&parts.train, &parts.val, &parts.test}) {
    if (*part) *part = std::move(*next++);
  }
  keep_wanted(parts, wanted, path, context.log);
  return parts;
}

std::shared_ptr<const CaptionedDataset> with_captions(std::shared_ptr<const Dataset> dataset,
                                                      const fs::path& from, const fs::path& path,
                                                      const core::Log& log) {
  return from_file({std::move(dataset)}, from, path, log).parts.front();
}

}  // namespace dbot::data
