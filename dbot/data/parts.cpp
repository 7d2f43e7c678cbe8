#include "dbot/data/parts.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/data/idx_dataset.h"
#include "dbot/data/layout.h"

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

/// Where the parts lie; empty paths in a data set that is not divided.
PartFolders find_parts(const fs::path& path) {
  if (!fs::is_directory(path)) return {};
  const IdxFiles idx = find_idx_files(path);
  if (!idx.train.images.empty() && !idx.test.images.empty()) {
    return {idx.train.images, idx.test.images};
  }
  const PartFolders parts = find_part_folders(path);
  return parts.divided() ? parts : PartFolders{};
}

}  // namespace

Part parse_part(std::string_view text, std::string_view option) {
  if (text == "train") return Part::train;
  if (text == "test") return Part::test;
  if (text == "all") return Part::all;
  throw UsageError(fmt::format("[data] {} is {}, expected train, test or all", option, text));
}

std::shared_ptr<const Dataset> open_part(const fs::path& path, Part part, const core::Log& log) {
  require_existing(path);
  const PartFolders parts = find_parts(path);
  if (!parts.divided()) {
    if (part != Part::test) return open_images(path, log);
    throw DataError(fmt::format(
        "[data] {} has no test part (train/ beside val/ or test/, or IDX train and t10k files); "
        "choose all",
        path.string()));
  }
  if (part == Part::train) return open_images(parts.train, log);
  if (part == Part::test) return open_images(parts.test, log);
  return std::make_shared<Concatenation>(open_images(parts.train, log),
                                         open_images(parts.test, log));
}

}  // namespace dbot::data
