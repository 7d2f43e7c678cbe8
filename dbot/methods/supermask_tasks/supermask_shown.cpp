// What supermask tasks keep and show of themselves: their state, the network of a task as a file,
// their size, and how masks overlap.
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"
#include "dbot/methods/supermask_tasks/supermask_tasks.h"
#include "dbot/nn/masked/mask_bits.h"

namespace dbot::methods {
namespace {

constexpr const char* kClasses = "tasks.classes";
// The network of the task under way, for whoever opens a checkpoint; or the frozen encoder.
constexpr const char* kNetworkPlace = "student.";
constexpr const char* kConsolidation = "tasks.ewc.";
// Of each task that earlier ones were looked at for: their accuracies, and those it began with.
constexpr const char* kLooked = "tasks.start.{}.accuracies";
constexpr const char* kBegan = "tasks.start.{}.from";

/// Names as bytes, one line each.
at::Tensor lines_tensor(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  at::Tensor bytes = at::empty({std::ssize(text)}, at::kByte);
  if (!text.empty()) std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
  return bytes;
}

std::vector<std::string> lines_of(const at::Tensor& tensor) {
  const at::Tensor bytes = tensor.contiguous();
  if (bytes.scalar_type() != at::kByte) return {};
  const auto* data = reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>());
  std::string_view text(data, static_cast<std::size_t>(bytes.numel()));
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

[[noreturn]] void refuse_classes(const char* subject, const char* reason) {
  throw DataError({.operation = "tasks",
                   .subject = subject,
                   .fault = Fault::mismatch,
                   .reason = reason,
                   .way_out = "restore them, or begin a new run in another folder"});
}

template <typename Value>
at::Tensor list_tensor(const std::vector<Value>& values, at::ScalarType type) {
  at::Tensor tensor = at::empty({std::ssize(values)}, type);
  std::ranges::copy(values, tensor.mutable_data_ptr<Value>());
  return tensor;
}

template <typename Value>
std::vector<Value> list_of(const at::Tensor& tensor, at::ScalarType type) {
  const at::Tensor values = tensor.cpu().to(type).contiguous();
  const Value* begin = values.const_data_ptr<Value>();
  return {begin, begin + values.numel()};
}

void add_starts(runtime::NamedTensors& state, const std::vector<TaskStart>& starts) {
  for (std::size_t task = 0; task < starts.size(); ++task) {
    if (starts[task].accuracies.empty()) continue;
    state[fmt::format(kLooked, task)] = list_tensor(starts[task].accuracies, at::kDouble);
    state[fmt::format(kBegan, task)] = list_tensor(starts[task].from, at::kLong);
  }
}

/// Of `tasks` tasks; runs of earlier versions say nothing of them.
std::vector<TaskStart> starts_in(const runtime::NamedTensors& state, std::size_t tasks) {
  std::vector<TaskStart> starts(tasks);
  for (std::size_t task = 0; task < tasks; ++task) {
    const auto looked = state.find(fmt::format(kLooked, task));
    const auto began = state.find(fmt::format(kBegan, task));
    if (looked == state.end() || began == state.end()) continue;
    starts[task] = {.from = list_of<std::int64_t>(began->second, at::kLong),
                    .accuracies = list_of<double>(looked->second, at::kDouble)};
  }
  return starts;
}

}  // namespace

runtime::NamedTensors SupermaskTasks::state() const {
  runtime::NamedTensors state = networks_->state();
  state[kClasses] = lines_tensor(config_.classes);
  add_starts(state, starts_);
  state.merge(with_prefix(kConsolidation, consolidation_.state()));
  state.merge(with_prefix(kNetworkPlace, features_ ? features_->state() : backbone_file().tensors));
  return state;
}

void SupermaskTasks::load_state(std::int64_t stage, const runtime::NamedTensors& state) {
  const auto stored = state.find(kClasses);
  const std::vector<std::string> classes =
      stored == state.end() ? std::vector<std::string>() : lines_of(stored->second);
  if (classes.empty()) refuse_classes("the stored state", "names no classes");
  if (!config_.classes.empty() && config_.classes != classes) {
    refuse_classes("the data", "have other classes than the stored state");
  }
  config_.classes = classes;
  divide_classes();
  if (config_.network.kind == TaskNetworkKind::features) {
    features_ = FrozenFeatures::of_state(without_prefix(kNetworkPlace, state), config_.device);
  }
  if (!networks_) make_networks();
  networks_->load_state(state);
  consolidation_.load_state(
      runtime::move_to(without_prefix(kConsolidation, state), config_.device));
  starts_ = starts_in(state, classes_.size());
  stage_ = stage;
  untrained_ = false;
  if (networks_->mask_is_fixed()) free_share_ = share_of_free();
}

const nn::Backbone& SupermaskTasks::backbone() const {
  if (features_) return features_->network();
  backbone_->become(*networks_, frozen(current_task()));
  return backbone_->network();
}

BackboneFile SupermaskTasks::backbone_file() const {
  if (features_) {
    return {exchange::to_json(features_->description()),
            runtime::on_host(features_->network().parameters()->named())};
  }
  backbone();
  return backbone_->file(config_.mean, config_.std, config_.value_range);
}

std::string SupermaskTasks::describe_backbone() const {
  if (features_) return exchange::to_json(features_->description());
  return backbone_->file(config_.mean, config_.std, config_.value_range).description;
}

ModelFacts SupermaskTasks::facts() const {
  const auto& layers = networks_->network().layers();
  const std::int64_t head = layers.back().elements();
  ModelFacts facts{
      .parts = {{.name = "network", .parameters = networks_->network().elements() - head},
                {.name = "head", .parameters = head}}};
  if (features_) {
    facts.parts.insert(facts.parts.begin(),
                       {.name = "encoder",
                        .parameters = features_->network().parameters()->parameter_count(),
                        .frozen = true});
  }
  facts.rows.emplace_back("tasks", fmt::format("{} of {} classes at most", classes_.size(),
                                               networks_->network().config().outputs));
  return facts;
}

Cost SupermaskTasks::cost() const {
  double forward = 0;
  for (const nn::MaskedLayer& layer : networks_->network().layers()) {
    forward += layer.multiply_adds();
  }
  return {.operations = 2.0 * 3.0 * forward};
}

Gallery SupermaskTasks::gallery(const data::Batch& /*batch*/,
                                const GalleryContext& /*context*/) const {
  if (!networks_ || !config_.learns_masks()) return {};
  std::vector<at::Tensor> bits;
  Matrix overlap{.values = {},
                 .rows = {},
                 .columns = {},
                 .row_title = "task",
                 .column_title = "shares with task",
                 .low = 0,
                 .high = 1};
  Curves::Line free{.name = "free share of the mask", .x = {}, .y = {}};
  for (std::int64_t task = 0; task <= current_task(); ++task) {
    bits.push_back(networks_->bits_of(task));
    overlap.rows.push_back(fmt::format("{}", task + 1));
    const TaskShare share = networks_->share(task);
    free.x.push_back(static_cast<double>(task + 1));
    free.y.push_back(static_cast<double>(share.free) / static_cast<double>(share.used));
  }
  overlap.columns = overlap.rows;
  for (const at::Tensor& one : bits) {
    const auto used = static_cast<double>(nn::count_common(one, one));
    for (const at::Tensor& other : bits) {
      overlap.values.push_back(static_cast<double>(nn::count_common(one, other)) / used);
    }
  }
  Exhibit shares{.content = std::move(overlap)};
  Exhibit curve{.content =
                    Curves{.lines = {std::move(free)}, .x_title = "task", .y_title = "share"}};
  return {{.kind = "mask_overlap",
           .title = "How the tasks' masks overlap",
           .explanation = "How much of a row's mask the column's task uses, too. Masks that are "
                          "independent of each other overlap by the density.",
           .exhibits = {std::move(shares)}},
          {.kind = "free_share",
           .title = "Weights that are left",
           .explanation = "How much of each task's mask no earlier task used: what it can train. "
                          "Where it nears 0 a new task learns a mask alone.",
           .exhibits = {std::move(curve)}}};
}

}  // namespace dbot::methods
