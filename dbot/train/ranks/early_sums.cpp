#include "dbot/train/ranks/early_sums.h"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "dbot/ops/written_leaves.h"

namespace dbot::train {
namespace {

using torch::autograd::FunctionPostHook;
using torch::autograd::Node;
using torch::autograd::variable_list;

/// The leaves to whose gradients a node adds when it is run.
std::vector<at::Tensor> leaves_of(const Node& node) {
  if (const auto* accumulates = dynamic_cast<const torch::autograd::AccumulateGrad*>(&node)) {
    return {accumulates->variable};
  }
  const auto* writes = dynamic_cast<const ops::WritesLeaves*>(&node);
  return writes != nullptr ? writes->written_leaves() : std::vector<at::Tensor>();
}

/// All nodes from which a backward pass of `loss` goes on, itself included.
std::vector<std::shared_ptr<Node>> nodes_of(const at::Tensor& loss) {
  std::vector<std::shared_ptr<Node>> found;
  std::unordered_set<const Node*> known;
  if (loss.defined() && loss.grad_fn()) found.push_back(loss.grad_fn());
  for (std::size_t at = 0; at < found.size(); ++at) {
    const std::shared_ptr<Node> node = found[at];
    for (const torch::autograd::Edge& edge : node->next_edges()) {
      if (edge.function && known.insert(edge.function.get()).second) found.push_back(edge.function);
    }
  }
  return found;
}

}  // namespace

class EarlySums::Work {
 public:
  Work(nn::ParameterStore& parameters, runtime::Group& group, std::int64_t bytes)
      : gradients_(parameters.flat_gradients()),
        group_(group),
        pieces_(pieces_of(parameters, bytes)) {}
  ~Work() {
    if (sums_.joinable()) end();
  }

  void begin(const at::Tensor& loss) {
    for (const std::shared_ptr<Node>& node : nodes_of(loss)) {
      std::vector<std::size_t> written;
      for (const at::Tensor& leaf : leaves_of(*node)) {
        if (const auto piece = piece_of(leaf)) written.push_back(*piece);
      }
      if (written.empty()) continue;
      for (const std::size_t piece : written) ++pieces_[piece].open;
      const auto key = node->add_post_hook(std::make_unique<Hook>(*this, std::move(written)));
      hooked_.emplace_back(node, key);
    }
    sums_ = std::thread([this] { sum_pieces(); });
  }

  void finish() {
    end();
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  /// A range of the flat buffer. It is complete when `open` is 0.
  struct Piece {
    std::int64_t begin = 0, end = 0;
    std::int64_t open = 0;  // writings by nodes that have not run
  };

  /// In the order in which they are summed.
  static std::vector<Piece> pieces_of(const nn::ParameterStore& parameters, std::int64_t bytes) {
    const std::int64_t values = std::max<std::int64_t>(1, bytes / 4);
    std::vector<std::int64_t> begins{parameters.vectors_end()};
    for (const nn::ParameterSpec& spec : parameters.specs()) {
      const std::int64_t offset = parameters.offset(spec.name);
      if (spec.trainable() && offset > parameters.vectors_end()) begins.push_back(offset);
    }
    std::ranges::sort(begins);
    std::vector<Piece> pieces;
    std::int64_t end = parameters.trainable_end();
    for (auto begin = begins.rbegin(); begin != begins.rend(); ++begin) {
      if (*begin >= end || (end - *begin < values && *begin != begins.front())) continue;
      pieces.push_back({.begin = *begin, .end = end});
      end = *begin;
    }
    // Autograd adds to vectors in all layers, so they are complete at the end.
    if (end > 0) pieces.push_back({.begin = 0, .end = end});
    return pieces;
  }

  struct Hook final : FunctionPostHook {
    Hook(Work& sums, std::vector<std::size_t> written) : work(sums), pieces(std::move(written)) {}
    variable_list operator()(const variable_list& outputs, const variable_list&) override {
      work.close(pieces);
      return outputs;
    }
    Work& work;
    std::vector<std::size_t> pieces;
  };

  /// Nothing for a leaf of another network.
  std::optional<std::size_t> piece_of(const at::Tensor& leaf) const {
    const at::Tensor& gradient = leaf.grad();
    if (!gradient.defined() || !gradient.is_alias_of(gradients_)) return std::nullopt;
    const std::int64_t offset = gradient.storage_offset() - gradients_.storage_offset();
    const auto holds = [offset](const Piece& p) { return p.begin <= offset && offset < p.end; };
    return static_cast<std::size_t>(std::ranges::find_if(pieces_, holds) - pieces_.begin());
  }

  void close(const std::vector<std::size_t>& pieces) {
    const std::lock_guard lock(mutex_);
    for (const std::size_t piece : pieces) --pieces_[piece].open;
    changed_.notify_all();
  }

  /// The pass is over: what it did not come to is complete as well.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    sums_.join();
    for (const auto& [node, key] : hooked_) node->del_post_hook(key);
    hooked_.clear();
  }

  void sum_pieces() {
    try {
      for (const Piece& piece : pieces_) {
        {
          std::unique_lock lock(mutex_);
          changed_.wait(lock, [&] { return piece.open == 0 || ended_; });
        }
        group_.sum(gradients_.slice(0, piece.begin, piece.end));
      }
    } catch (...) {
      problem_ = std::current_exception();
    }
  }

  at::Tensor gradients_;
  runtime::Group& group_;
  std::mutex mutex_;  // of the pieces' `open` and `ended_`
  std::condition_variable changed_;
  std::vector<Piece> pieces_;
  bool ended_ = false;
  std::exception_ptr problem_;
  std::vector<std::pair<std::shared_ptr<Node>, std::uintptr_t>> hooked_;
  std::thread sums_;
};

EarlySums::EarlySums(nn::ParameterStore& parameters, Ranks& ranks, std::int64_t bytes)
    : parameters_(parameters), ranks_(ranks), bytes_(bytes) {}

EarlySums::~EarlySums() = default;

void EarlySums::begin(const at::Tensor& loss) {
  work_ = std::make_unique<Work>(parameters_, ranks_.group(), bytes_);
  work_->begin(loss);
}

void EarlySums::finish() {
  if (!work_) begin({});  // there was no backward pass, as its loss was not finite
  const std::unique_ptr<Work> work = std::move(work_);
  work->finish();
}

}  // namespace dbot::train
