#include "dbot/methods/siamese/siamese_forward.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>

#include <functional>
#include <utility>

#include "dbot/objectives/contrastive.h"

namespace dbot::methods {
namespace {

/// What one embedding is worth against the step's targets.
struct Compared {
  at::Tensor logits, loss;
};
using Compare = std::function<Compared(const at::Tensor& embedding)>;
using Embed = std::function<at::Tensor(const at::Tensor& images)>;

void add_term(SiameseForward& forward, std::string name, const Compared& compared,
              const at::Tensor& weight) {
  const at::Tensor weighted = weight * compared.loss;
  forward.loss = forward.loss.defined() ? forward.loss + weighted : weighted;
  forward.terms.push_back({std::move(name),
                           compared.logits.defined() ? compared.logits.detach() : compared.logits,
                           compared.loss, weight});
}

/// The clean view's term and those of the mixed ones, in their order.
void add_terms(SiameseForward& forward, const at::Tensor& view, const Embed& embed,
               const Compare& compare) {
  const at::Tensor one = at::ones({}, view.options());
  add_term(forward, "base", compare(embed(view)), one);
  for (const MixedView& mixed : forward.mixed) {
    const at::Tensor embedding = embed(mixed.images);
    add_term(forward, mixed.name, compare(embedding), mixed.share);
    if (!mixed.partner.defined()) continue;
    // The same images seen as those in their holes: no further pass.
    add_term(forward, mixed.name + "_partner",
             compare(embedding.index_select(0, holders_of(mixed.partner))), 1 - mixed.share);
  }
}

objectives::PairLossConfig pair_config(const SiameseConfig& config) {
  using objectives::PairLoss;
  objectives::PairLossConfig pair{.kind = PairLoss::nt_xent,
                                  .temperature = config.temperature,
                                  .off_diagonal = config.off_diagonal};
  if (config.loss == SiameseLoss::byol) pair.kind = PairLoss::regression;
  if (config.loss == SiameseLoss::simsiam) pair.kind = PairLoss::negative_cosine;
  if (config.loss == SiameseLoss::barlow_twins) pair.kind = PairLoss::barlow_twins;
  return pair;
}

/// One step's way from images to numbers.
class Step {
 public:
  Step(const SiameseConfig& config, const SiameseNetworks& networks, at::ScalarType compute,
       nn::NormMode mode)
      : config_(config), networks_(networks), compute_(compute), mode_(mode) {}

  void contrast(const at::Tensor& first, const at::Tensor& second, const StepDraws& draws,
                SiameseForward& forward) const {
    // The graph keeps it, and new keys come into the other one.
    const at::Tensor queue = networks_.queue().clone();
    const Embed embed = [&](const at::Tensor& images) {
      return objectives::unit_rows(networks_.embed(images, compute_, mode_));
    };
    std::vector<at::Tensor> all_keys;
    const auto direction = [&](std::int64_t number, const at::Tensor& query,
                               const at::Tensor& other) {
      const auto order = draws.find("key_order");
      const at::Tensor keys = objectives::unit_rows(networks_.keys(
          other, order == draws.end() ? at::Tensor() : order->second.to(other.device())[number],
          compute_, mode_));
      add_terms(forward, query, embed, [&](const at::Tensor& queries) {
        const at::Tensor logits =
            objectives::contrast_logits(queries, keys, queue, config_.temperature);
        return Compared{logits, objectives::first_cross_entropy(logits)};
      });
      all_keys.push_back(keys);
    };
    direction(0, first, second);
    // The mixtures are of the first view in both directions; its keys come first into the queue.
    if (config_.symmetric) direction(1, second, first);
    forward.keys = config_.symmetric ? at::cat({all_keys[1], all_keys[0]}) : all_keys[0];
  }

  void compare_pairs(const at::Tensor& first, const at::Tensor& second,
                     SiameseForward& forward) const {
    const objectives::PairLossConfig pair = pair_config(config_);
    const at::Tensor target = target_of(second);
    add_terms(
        forward, first,
        [&](const at::Tensor& images) {
          return networks_.predicted(networks_.embed(images, compute_, mode_), compute_, mode_);
        },
        [&](const at::Tensor& online) {
          return Compared{{}, objectives::pair_loss(online, target, pair)};
        });
  }

 private:
  at::Tensor target_of(const at::Tensor& view) const {
    if (config_.loss == SiameseLoss::byol) return networks_.keys(view, {}, compute_, mode_);
    if (config_.loss != SiameseLoss::simsiam) return networks_.embed(view, compute_, mode_);
    const at::NoGradGuard no_graph;
    return networks_.embed(view, compute_, mode_);
  }

  const SiameseConfig& config_;
  const SiameseNetworks& networks_;
  at::ScalarType compute_;
  nn::NormMode mode_;
};

}  // namespace

SiameseForward siamese_forward(const SiameseConfig& config, const SiameseNetworks& networks,
                               const at::Tensor& first, const at::Tensor& second,
                               const StepDraws& draws, at::ScalarType compute, nn::NormMode mode) {
  SiameseForward forward;
  forward.mixed = mixed_views(first, draws, config.fill);
  const Step step(config, networks, compute, mode);
  if (config.loss == SiameseLoss::moco) {
    step.contrast(first, second, draws, forward);
  } else {
    step.compare_pairs(first, second, forward);
  }
  return forward;
}

}  // namespace dbot::methods
