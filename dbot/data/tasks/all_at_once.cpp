#include "dbot/data/tasks/all_at_once.h"

#include <algorithm>
#include <string>
#include <utility>

namespace dbot::data {
namespace {

class AllTasks final : public Dataset {
 public:
  explicit AllTasks(std::vector<std::shared_ptr<const Dataset>> tasks) : tasks_(std::move(tasks)) {
    begins_.reserve(tasks_.size() + 1);
    labels_.reserve(tasks_.size());
    for (const auto& task : tasks_) {
      begins_.push_back(begins_.back() + task->size());
      labels_.push_back(std::ssize(classes_));
      classes_.insert(classes_.end(), task->classes().begin(), task->classes().end());
    }
  }

  std::int64_t size() const override { return begins_.back(); }
  void read(std::int64_t index, Sample& sample) const override {
    const auto [task, within] = place(index);
    tasks_[task]->read(within, sample);
  }
  std::int64_t label(std::int64_t index) const override {
    const auto [task, within] = place(index);
    return labels_[task] + tasks_[task]->label(within);
  }
  std::string name(std::int64_t index) const override {
    const auto [task, within] = place(index);
    return tasks_[task]->name(within);
  }
  std::string key(std::int64_t index) const override {
    const auto [task, within] = place(index);
    return tasks_[task]->key(within);
  }
  std::int64_t stored_bytes(std::int64_t index) const override {
    const auto [task, within] = place(index);
    return tasks_[task]->stored_bytes(within);
  }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::pair<std::size_t, std::int64_t> place(std::int64_t index) const {
    const auto end = std::ranges::upper_bound(begins_, index);
    return {static_cast<std::size_t>(end - begins_.begin() - 1), index - *(end - 1)};
  }

  std::vector<std::shared_ptr<const Dataset>> tasks_;
  std::vector<std::int64_t> begins_{0};  // of each task's samples; and the end
  std::vector<std::int64_t> labels_;     // where each task's begin
  std::vector<std::string> classes_;
};

}  // namespace

std::shared_ptr<const Dataset> all_at_once(std::vector<std::shared_ptr<const Dataset>> tasks) {
  return std::make_shared<AllTasks>(std::move(tasks));
}

}  // namespace dbot::data
