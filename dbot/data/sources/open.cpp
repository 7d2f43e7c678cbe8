#include "dbot/data/sources/open.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/concatenation.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

void tell_what_is_left(const fs::path& path, const Source& source, const core::Log& log) {
  if (!source.divided()) return;
  log(core::LogLevel::information,
      fmt::format("{}: using {}; {} is left for evaluation", path.string(),
                  shown_part(source, source.train), shown_part(source, source.held_out())));
}

[[noreturn]] void fail_without_test(const fs::path& path) {
  throw DataError({.operation = "data",
                   .subject = path.string(),
                   .fault = Fault::unsupported,
                   .reason = "has no test part (train/ beside val/ or test/, or files with these "
                             "words in their names)",
                   .way_out = "choose all"});
}

}  // namespace

std::vector<NamedPart> DataParts::named() const {
  std::vector<NamedPart> parts;
  const auto add = [&](const char* name, const std::shared_ptr<const Dataset>& part) {
    if (part) parts.push_back({source.divided() ? name : "", part});
  };
  add("train", train);
  add("val", val);
  add("test", test);
  return parts;
}

DataParts open(Source source, Wanted wanted, const OpenContext& context) {
  DataParts parts{std::move(source), nullptr, nullptr, nullptr};
  std::vector<PartFiles> files;
  std::vector<std::shared_ptr<const Dataset>*> places;
  const auto want = [&](const PartFiles& part, std::shared_ptr<const Dataset>& place) {
    if (part.empty()) return;
    files.push_back(part);
    places.push_back(&place);
  };
  if (wanted != Wanted::held_out) want(parts.source.train, parts.train);
  if (wanted != Wanted::train) want(parts.source.val, parts.val);
  const bool test = wanted == Wanted::all || (wanted != Wanted::train && parts.source.val.empty());
  if (test) want(parts.source.test, parts.test);
  if (files.empty()) return parts;
  auto opened = parts.source.kind->open(files, context);
  for (std::size_t i = 0; i < places.size(); ++i) *places[i] = std::move(opened[i]);
  return parts;
}

DataParts open(const fs::path& path, Wanted wanted, const OpenContext& context) {
  auto source = find_source(path, context.log);
  if (wanted == Wanted::train) tell_what_is_left(path, source, context.log);
  return open(std::move(source), wanted, context);
}

std::shared_ptr<const Dataset> open_images(const fs::path& path, const core::Log& log,
                                           const core::StopRequest* stop) {
  return open(path, Wanted::train, {log, stop}).train;
}

std::shared_ptr<const Dataset> open_held_out(const fs::path& path, const core::Log& log) try {
  return open(path, Wanted::held_out, {log}).held_out();
} catch (const DataError&) {
  return nullptr;
}

Part parse_part(std::string_view text, std::string_view option) {
  if (text == "train") return Part::train;
  if (text == "test") return Part::test;
  if (text == "all") return Part::all;
  throw UsageError(fmt::format("[data] {} is {}, expected train, test or all", option, text));
}

std::shared_ptr<const Dataset> open_part(const fs::path& path, Part part, const core::Log& log) {
  if (part == Part::train) return open_images(path, log);
  const auto parts = open(path, Wanted::train_and_held_out, {log});
  if (!parts.held_out()) {
    if (part == Part::test) fail_without_test(path);
    return parts.train;
  }
  return part == Part::test ? parts.held_out() : concatenate({parts.train, parts.held_out()});
}

}  // namespace dbot::data
