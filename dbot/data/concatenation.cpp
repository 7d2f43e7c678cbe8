#include "dbot/data/concatenation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

class Concatenation final : public Dataset {
 public:
  explicit Concatenation(std::vector<std::shared_ptr<const Dataset>> parts)
      : parts_(std::move(parts)) {
    std::int64_t size = 0;
    for (const auto& part : parts_) ends_.push_back(size += part->size());
    join_classes();
  }

  std::int64_t size() const override { return ends_.back(); }
  void read(std::int64_t index, Sample& sample) const override {
    const auto [part, within] = place_of(index);
    parts_[part]->read(within, sample);
  }
  std::int64_t label(std::int64_t index) const override {
    if (classes_.empty()) return -1;
    const auto [part, within] = place_of(index);
    const auto label = parts_[part]->label(within);
    return label < 0 ? -1 : labels_[part][static_cast<std::size_t>(label)];
  }
  std::string name(std::int64_t index) const override {
    const auto [part, within] = place_of(index);
    return parts_[part]->name(within);
  }
  std::string key(std::int64_t index) const override {
    const auto [part, within] = place_of(index);
    return parts_[part]->key(within);
  }
  std::int64_t stored_bytes(std::int64_t index) const override {
    const auto [part, within] = place_of(index);
    return parts_[part]->stored_bytes(within);
  }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  /// The part of a sample, and its index there.
  std::pair<std::size_t, std::int64_t> place_of(std::int64_t index) const {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    if (index < 0 || end == ends_.end()) {
      throw Error(fmt::format("[data] sample {} of {}", index, size()));
    }
    const auto part = static_cast<std::size_t>(end - ends_.begin());
    return {part, part == 0 ? index : index - ends_[part - 1]};
  }

  void join_classes() {
    for (const auto& part : parts_) {
      if (part->classes().empty()) return classes_.clear();
      classes_.insert(classes_.end(), part->classes().begin(), part->classes().end());
    }
    std::sort(classes_.begin(), classes_.end());
    classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
    for (const auto& part : parts_) {
      auto& labels = labels_.emplace_back();
      for (const auto& name : part->classes()) {
        labels.push_back(std::lower_bound(classes_.begin(), classes_.end(), name) -
                         classes_.begin());
      }
    }
  }

  std::vector<std::shared_ptr<const Dataset>> parts_;
  std::vector<std::int64_t> ends_;
  std::vector<std::string> classes_;
  std::vector<std::vector<std::int64_t>> labels_;  // of each part, by its own
};

}  // namespace

std::shared_ptr<const Dataset> concatenate(std::vector<std::shared_ptr<const Dataset>> parts) {
  if (parts.empty()) throw UsageError("[data] no data set was given, expected at least one");
  if (parts.size() == 1) return parts.front();
  return std::make_shared<Concatenation>(std::move(parts));
}

}  // namespace dbot::data
