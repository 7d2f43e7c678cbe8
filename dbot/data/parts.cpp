#include "dbot/data/parts.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/data/layout.h"
#include "dbot/data/sources.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

/// One data set behind another.
class Concatenation final : public Dataset {
 public:
  Concatenation(std::shared_ptr<const Dataset> first, std::shared_ptr<const Dataset> second)
      : first_(std::move(first)), second_(std::move(second)) {
    // Labels are numbers of the classes of their own part.
    if (first_->classes() == second_->classes()) classes_ = first_->classes();
  }

  std::int64_t size() const override { return first_->size() + second_->size(); }
  Image load(std::int64_t index, int channels) const override {
    return part_of(index).load(within(index), channels);
  }
  std::int64_t label(std::int64_t index) const override {
    return classes_.empty() ? -1 : part_of(index).label(within(index));
  }
  std::string name(std::int64_t index) const override { return part_of(index).name(within(index)); }
  std::string key(std::int64_t index) const override { return part_of(index).key(within(index)); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return part_of(index).stored_bytes(within(index));
  }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  const Dataset& part_of(std::int64_t index) const {
    return index < first_->size() ? *first_ : *second_;
  }
  std::int64_t within(std::int64_t index) const {
    return index < first_->size() ? index : index - first_->size();
  }

  std::shared_ptr<const Dataset> first_, second_;
  std::vector<std::string> classes_;
};

/// The parts of a data set that is divided, train first; empty for one that is not.
std::vector<std::shared_ptr<const Dataset>> open_both(const fs::path& path, const core::Log& log) {
  if (const auto source = find_source(path, log)) {
    if (!source->divided()) return {};
    return open_source(*source, log);
  }
  const PartFolders parts = find_part_folders(path);
  if (!parts.divided()) return {};
  return {open_images(parts.train, log), open_images(parts.test, log)};
}

[[noreturn]] void fail_without_test(const fs::path& path) {
  throw DataError(fmt::format(
      "[data] {} has no test part (train/ beside val/ or test/, or files with these words in their "
      "names); choose all",
      path.string()));
}

}  // namespace

Part parse_part(std::string_view text, std::string_view option) {
  if (text == "train") return Part::train;
  if (text == "test") return Part::test;
  if (text == "all") return Part::all;
  throw UsageError(fmt::format("[data] {} is {}, expected train, test or all", option, text));
}

std::vector<std::shared_ptr<const Dataset>> open_parts(const fs::path& path, const core::Log& log) {
  auto parts = open_both(path, log);
  if (parts.empty()) parts.push_back(open_images(path, log));
  return parts;
}

std::shared_ptr<const Dataset> open_part(const fs::path& path, Part part, const core::Log& log) {
  if (part == Part::train) return open_images(path, log);
  const auto parts = open_both(path, log);
  if (parts.empty() && part == Part::test) fail_without_test(path);
  if (parts.empty()) return open_images(path, log);
  return part == Part::test ? parts.at(1)
                            : std::make_shared<Concatenation>(parts.at(0), parts.at(1));
}

}  // namespace dbot::data
