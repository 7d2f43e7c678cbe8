#include "dbot/data/audit/data_split.h"

#include <fmt/format.h>

#include <string>
#include <unordered_set>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/audit/quarantine.h"
#include "dbot/data/audit/survey/survey.h"
#include "dbot/data/sources/folder/own_output.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

/// Lists and links name files, so each image has to be one.
void require_files(const data::AuditedSet& set) {
  std::error_code ignored;
  for (const auto& part : set.parts()) {
    if (part.images->size() > 0 && fs::exists(part.images->name(0), ignored)) continue;
    throw DataError(
        {.operation = "data split",
         .subject = set.path().string(),
         .fault = Fault::unsupported,
         .reason = "holds images that are no files of their own, expected a folder of images"});
  }
}

std::vector<data::CopyGroup> groups_of(const data::AuditedSet& set, const DataSplitOptions& options,
                                       const core::TellProgress& tell,
                                       const core::StopRequest& stop) {
  const auto facts = survey_all(set, {.workers = options.workers}, tell, stop);
  auto groups = data::find_copies(set, facts, options.copies, stop);
  if (stop.requested()) throw Stopped("[data split] stopped on request; nothing was written");
  return groups;
}

std::vector<std::int64_t> images_to_divide(const data::AuditedSet& set,
                                           const DataSplitOptions& options) {
  std::unordered_set<std::string> left_out;
  if (!options.leave_out.empty()) {
    left_out = data::parse_leave_out(core::read_text_file(options.leave_out));
  }
  std::vector<std::int64_t> images;
  for (std::int64_t image = 0; image < set.size(); ++image) {
    if (left_out.empty() || !left_out.contains(set.name(image))) images.push_back(image);
  }
  return images;
}

void check_empty(const fs::path& out) {
  std::error_code error;
  if (!fs::exists(out, error) || (fs::is_directory(out, error) && fs::is_empty(out, error))) return;
  throw UsageError(fmt::format("[data split] {} is there already, expected a new or empty folder",
                               out.string()));
}

}  // namespace

DataSplit split_data_set(const DataSplitOptions& options, const core::TellProgress& tell,
                         const core::StopRequest& stop, const core::Log& log) {
  check_empty(options.out);
  const auto set = data::AuditedSet::open(options.data, log, data::MaskChoice::left_out);
  require_files(set);
  if (options.split.by_class && set.classes().empty()) {
    throw DataError({.operation = "data split",
                     .subject = options.data.string(),
                     .fault = Fault::unlabelled,
                     .reason = "has no classes to divide by",
                     .way_out = "expected one folder a class"});
  }
  const auto images = images_to_divide(set, options);
  std::vector<data::CopyGroup> groups;
  if (options.keep_copies_together) groups = groups_of(set, options, tell, stop);
  const auto split = data::split_set(set, images, groups, options.split);

  fs::create_directories(options.out);
  if (options.links) write_output_note(options.out, "data split");
  DataSplit result{std::ssize(split.train),         std::ssize(split.val), std::ssize(split.test),
                   set.size() - std::ssize(images), std::ssize(groups),    {}};
  const std::pair<const char*, const std::vector<std::int64_t>&> parts[] = {
      {"train", split.train}, {"val", split.val}, {"test", split.test}};
  for (const auto& [name, members] : parts) {
    if (members.empty()) continue;
    if (options.links) {
      data::link_images(set, members, options.out / name);
      result.written.push_back(options.out / name);
    } else {
      result.written.push_back(options.out / (std::string(name) + ".csv"));
      core::write_file_atomically(result.written.back(),
                                  data::list_text(set, members, options.out));
    }
  }
  return result;
}

}  // namespace dbot::data
