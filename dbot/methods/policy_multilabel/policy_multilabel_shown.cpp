// What a policy learner shows of itself: its file, its state, its size, and what it says of labels.
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/policy_multilabel/policy_multilabel.h"
#include "dbot/methods/policy_multilabel/policy_state.h"
#include "dbot/methods/state_names.h"

namespace dbot::methods {
namespace {

constexpr const char* kDescription = "student.description";
constexpr std::size_t kShownLabels = 12;  // in curves, the most frequent

at::Tensor bytes_of(const std::string& text) {
  at::Tensor tensor = at::empty({std::ssize(text)}, at::kByte);
  std::memcpy(tensor.mutable_data_ptr<std::uint8_t>(), text.data(), text.size());
  return tensor;
}

[[noreturn]] void refuse_state(const std::string& what) {
  throw DataError({.operation = "policy",
                   .subject = what,
                   .fault = Fault::corrupt,
                   .reason = "is missing or broken in the stored state",
                   .way_out = "was it another method's?"});
}

nlohmann::json description_in(const runtime::NamedTensors& state) {
  const auto found = state.find(kDescription);
  if (found == state.end() || found->second.scalar_type() != at::kByte ||
      found->second.dim() != 1) {
    refuse_state(kDescription);
  }
  const at::Tensor bytes = found->second.cpu().contiguous();
  const auto* begin = reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>());
  auto json = nlohmann::json::parse(begin, begin + bytes.numel(), nullptr, false);
  const auto texts = [&](const char* key) {
    return json.contains(key) && json[key].is_array() &&
           std::ranges::all_of(json[key], [](const auto& text) { return text.is_string(); });
  };
  const bool good = json.is_object() && texts("labels") && texts("terms") &&
                    json.contains("width") && json["width"].is_number_integer();
  if (!good) refuse_state(kDescription);
  return json;
}

std::vector<float> weights_in(const nlohmann::json& described) {
  const auto found = described.find("term_weights");
  if (found == described.end()) return {};
  const bool good = found->is_array() && std::ranges::all_of(*found, [](const auto& weight) {
                      return weight.is_number();
                    });
  if (!good) refuse_state(kDescription);
  return found->get<std::vector<float>>();
}

/// Numbers of a tensor of one row, on the host.
std::vector<double> numbers_in(const at::Tensor& tensor) {
  const at::Tensor copy = tensor.detach().cpu().to(at::kDouble).contiguous();
  const auto* begin = copy.const_data_ptr<double>();
  return {begin, begin + copy.numel()};
}

/// The labels that hold most often, the first of equals first.
std::vector<std::size_t> frequent_labels(const std::vector<double>& counts) {
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](auto a, auto b) { return counts[a] > counts[b]; });
  order.resize(std::min(order.size(), kShownLabels));
  return order;
}

Exhibit curves_of(const at::Tensor& said, const std::vector<std::size_t>& shown,
                  const std::vector<std::string>& labels, const char* what) {
  Curves curves{.lines = {}, .x_title = "policy", .y_title = what};
  curves.lines.reserve(shown.size());
  for (const std::size_t label : shown) {
    Curves::Line line{.name = labels[label], .x = {}, .y = {}};
    line.y = numbers_in(said.select(1, static_cast<std::int64_t>(label)));
    line.x.resize(line.y.size());
    std::iota(line.x.begin(), line.x.end(), 1.0);
    curves.lines.push_back(std::move(line));
  }
  return {.content = std::move(curves)};
}

}  // namespace

std::string PolicyMultilabel::describe_backbone() const {
  const nlohmann::ordered_json json{
      {"network", "label_classifier"},       {"width", config_.width},
      {"hidden", config_.classifier_hidden}, {"labels", config_.labels},
      {"thresholds", label_thresholds()},    {"terms", config_.terms},
      {"term_weights", config_.term_weights}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

BackboneFile PolicyMultilabel::backbone_file() const {
  BackboneFile file{describe_backbone(), {}};
  for (const auto& [name, tensor] : without_prefix(kClassifier, store_->named())) {
    file.tensors.emplace(name, tensor.detach().to(at::kFloat));
  }
  file.tensors = runtime::on_host(std::move(file.tensors));
  return file;
}

runtime::NamedTensors PolicyMultilabel::state() const {
  runtime::NamedTensors state = with_prefix("student.", store_->named());
  const nlohmann::ordered_json json{{"width", config_.width},
                                    {"labels", config_.labels},
                                    {"terms", config_.terms},
                                    {"term_weights", config_.term_weights}};
  state[kDescription] =
      bytes_of(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return state;
}

void PolicyMultilabel::load_state(std::int64_t /*stage*/, const runtime::NamedTensors& state) {
  const nlohmann::json described = description_in(state);
  config_.width = described["width"].get<std::int64_t>();
  config_.labels = described["labels"].get<std::vector<std::string>>();
  config_.terms = described["terms"].get<std::vector<std::string>>();
  // Runs of earlier versions know the words alone; those that read the texts again know more.
  if (const auto weights = weights_in(described); !weights.empty()) config_.term_weights = weights;
  make_store();
  store_->copy_from(without_prefix("student.", state));
}

Cost PolicyMultilabel::cost() const {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const double labels = number(std::ssize(config_.labels)), hidden = number(config_.hidden);
  const double width = number(config_.width);
  const double inner = number(config_.classifier_hidden);
  const double forward = inner > 0 ? width * inner + inner * labels : width * labels;
  // Forward and backward of a sample, forward of the one beside it; the policy is the batch's.
  const double policy = 3 * hidden * (2 * labels + hidden) + 2 * labels * hidden;
  return {.operations = 2 * (4 * forward + 3 * policy)};
}

ModelFacts PolicyMultilabel::facts() const {
  ModelFacts facts{.parts = {{.name = "policy", .parameters = store_->trainable_count()},
                             {.name = "classifier"}}};
  for (const auto& [name, tensor] : without_prefix(kClassifier, store_->named())) {
    facts.parts[1].parameters += tensor.numel();
  }
  facts.rows = {{"labels", std::to_string(config_.labels.size())},
                {"numbers of a row", std::to_string(config_.width)},
                {"steps of an episode", std::to_string(config_.steps)}};
  return facts;
}

Gallery PolicyMultilabel::gallery(const data::Batch& /*batch*/,
                                  const GalleryContext& /*context*/) const {
  const auto counts = numbers_in(store_->at(kLabelCounts));
  const double samples = std::max(1.0, kept_number(*store_, kSamplesSeen));
  const auto shown = frequent_labels(counts);
  const std::vector<double> thresholds = label_thresholds();
  Points points{.points = {}, .labels = {}, .x_title = "label frequency", .y_title = "threshold"};
  points.points.reserve(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    points.points.push_back(
        {.x = counts[i] / samples, .y = thresholds[i], .name = config_.labels[i]});
  }
  return {
      {.kind = "thresholds",
       .title = "Thresholds",
       .explanation = "What the meta-learner says for the most frequent labels, policy by "
                      "policy: of the last episode, then of the training under it.",
       .exhibits = {curves_of(store_->at(kSaidThresholds), shown, config_.labels, "threshold")}},
      {.kind = "weights",
       .title = "Weights in the loss",
       .explanation = "Their mean over all labels is 1.",
       .exhibits = {curves_of(store_->at(kSaidWeights), shown, config_.labels, "weight")}},
      {.kind = "frequency",
       .title = "Frequency and threshold",
       .explanation = "Each point is a label. Rare labels are found by low thresholds.",
       .exhibits = {Exhibit{.content = std::move(points)}}}};
}

}  // namespace dbot::methods
