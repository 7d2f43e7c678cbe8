#include "dbot/data/tasks/relabelled.h"

#include <string>
#include <utility>

namespace dbot::data {
namespace {

class Relabelled final : public Dataset {
 public:
  Relabelled(std::shared_ptr<const Dataset> base, const std::vector<std::int64_t>& classes)
      : base_(std::move(base)), labels_(base_->classes().size(), -1) {
    classes_.reserve(classes.size());
    for (const std::int64_t place : classes) {
      labels_.at(static_cast<std::size_t>(place)) = std::ssize(classes_);
      classes_.push_back(base_->classes().at(static_cast<std::size_t>(place)));
    }
  }

  std::int64_t size() const override { return base_->size(); }
  void read(std::int64_t index, Sample& sample) const override { base_->read(index, sample); }
  std::int64_t label(std::int64_t index) const override {
    const std::int64_t label = base_->label(index);
    return label < 0 ? -1 : labels_.at(static_cast<std::size_t>(label));
  }
  std::string name(std::int64_t index) const override { return base_->name(index); }
  std::string key(std::int64_t index) const override { return base_->key(index); }
  std::int64_t stored_bytes(std::int64_t index) const override {
    return base_->stored_bytes(index);
  }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::shared_ptr<const Dataset> base_;
  std::vector<std::int64_t> labels_;  // by the base's
  std::vector<std::string> classes_;
};

}  // namespace

std::shared_ptr<const Dataset> relabelled(std::shared_ptr<const Dataset> base,
                                          const std::vector<std::int64_t>& classes) {
  return std::make_shared<Relabelled>(std::move(base), classes);
}

}  // namespace dbot::data
