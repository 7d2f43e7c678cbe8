#include "tests/golden/trajectory.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "dbot/optim/schedule.h"
#include "tests/golden/student.h"
#include "tests/runtime/process_group/ranks.h"

namespace dbot::golden {
namespace {

std::vector<double> stage_boundaries(const nlohmann::json& config) {
  if (config.contains("stage_epochs")) return config.at("stage_epochs").get<std::vector<double>>();
  return {0.0, config.at("epochs").get<double>()};
}

}  // namespace

Schedule::Schedule(const nlohmann::json& config)
    : epochs(config.at("epochs").get<std::int64_t>()),
      micro_per_epoch(config.at("micro_per_epoch").get<std::int64_t>()),
      accumulate(value_or<std::int64_t>(config, "accum_iter", 1)),
      boundaries(stage_boundaries(config)),
      peak(config.at("lr").get<double>()),
      minimum(value_or(config, "min_lr", 0.0)),
      warmup(value_or(config, "warmup_epochs", 0.0)) {
  optimizer.weight_decay = value_or(config, "weight_decay", 0.05);
  optimizer.betas = value_or(config, "betas", std::vector<double>{0.9, 0.95});
  optimizer.eps = value_or(config, "adam_eps", 1e-8);
  optimizer.clip_norm = value_or(config, "clip_grad", 0.0);
}

methods::MaskedModelingConfig method_config(const Fixture& fixture) {
  nlohmann::json network = fixture.config;
  network.update(fixture.config.at("network"));
  const auto shape =
      student_config(network, fixture.at("in.samples").size(2), fixture.with_prefix("w0."));
  methods::MaskedModelingConfig config;
  config.device = fixture.device();
  config.encoder = shape.encoder;
  config.decoder = shape.decoder;
  config.mask.ratio = fixture.config.at("mask_ratio").get<double>();
  config.student_depth.push_back(shape.encoder.depth);
  for (std::size_t i = 0;; ++i) {
    const auto student = fixture.with_prefix("switch" + std::to_string(i) + ".student_after.");
    if (student.empty()) break;
    config.student_depth.push_back(depth_of(student, "blocks."));
  }
  return config;
}

Trajectory::Trajectory(const Fixture& fixture, methods::MaskedModelingConfig config,
                       bool keep_optimizer, Comparison& comparison, runtime::Group& group)
    : fixture_(fixture),
      schedule_(fixture.config),
      config_(std::move(config)),
      keep_optimizer_(keep_optimizer),
      comparison_(comparison),
      group_(group),
      prefix_(keep_optimizer ? "out." : "reset."),
      method_(config_) {}

void Trajectory::load_start() {
  method_.begin_stage(0);
  runtime::NamedTensors state = method_.state();
  for (const auto& [stored, ours] : {std::pair{"w0.", "student."}, std::pair{"t0.", "teacher."}}) {
    for (const auto& [key, value] : fixture_.with_prefix(stored)) {
      comparison_.truth(stored + key + " has a place", state.contains(ours + key));
      state[ours + key] = value;
    }
  }
  method_.load_state(0, state);
  optimizer_.emplace_back(method_.parameter_groups(schedule_.optimizer.weight_decay),
                          schedule_.optimizer);
}

void Trajectory::run() {
  load_start();
  std::int64_t micro_batch = 0;
  for (std::int64_t epoch = 0; epoch < schedule_.epochs; ++epoch) {
    const double begin = schedule_.boundaries.at(static_cast<std::size_t>(stage_));
    const double end = schedule_.boundaries.at(static_cast<std::size_t>(stage_) + 1);
    double rate = 0;
    method_.zero_gradients();
    for (std::int64_t i = 0; i < schedule_.micro_per_epoch; ++i, ++micro_batch) {
      if (i % schedule_.accumulate == 0) {
        const double time = static_cast<double>(epoch) +
                            static_cast<double>(i) / static_cast<double>(schedule_.micro_per_epoch);
        rate = optim::learning_rate(time, begin, end, schedule_.warmup, schedule_.peak,
                                    schedule_.minimum);
      }
      losses_.push_back(add_micro_batch(micro_batch));
      if ((i + 1) % schedule_.accumulate == 0) optimizer_step(rate);
    }
    const bool boundary = static_cast<double>(epoch + 1) == end;
    if (boundary && epoch + 1 < schedule_.epochs) switch_stage();
  }
  compare_end();
}

double Trajectory::add_micro_batch(std::int64_t number) {
  const auto share = [&](const char* name) {
    return fixture_.at(name)[number].chunk(group_.ranks())[group_.rank()];
  };
  data::Batch batch;
  batch.tensors["images"] = share("in.samples");
  // Every image hides as many patches, so that the mean of the shares is that of the batch.
  const at::Tensor loss =
      method_.training_step(batch, {{"mask_noise", share("in.noise")}}, {}).loss / group_.ranks();
  (loss / static_cast<double>(schedule_.accumulate)).backward();
  const at::Tensor whole = loss.detach().cpu().reshape({1});
  group_.sum(whole);
  return whole.item<double>();
}

void Trajectory::optimizer_step(double rate) {
  if (group_.ranks() > 1) group_.sum(method_.parameters().flat_gradients());
  optim::AdamW& optimizer = optimizer_.front();
  const double norm = optimizer.gradient_norm();
  optimizer.step(rate, optim::AdamW::clip_scale(norm, schedule_.optimizer.clip_norm));
  method_.zero_gradients();
  norms_.push_back(norm);
  rates_.push_back(rate);
}

void Trajectory::switch_stage() {
  const std::string recorded = "switch" + std::to_string(stage_) + ".";
  const runtime::NamedTensors finished = method_.student().parameters()->named();
  runtime::NamedTensors kept;
  for (const auto& [key, value] : finished) kept.emplace(key, value.clone());
  if (keep_optimizer_) {
    const std::string before = recorded + "student_before.";
    for (const std::string& key : fixture_.names(before)) {
      comparison_.parameter(before + key, kept.at(key), limits::step_weight);
    }
  }
  method_.end_stage(stage_);
  if (method_.teacher() != nullptr) {
    const std::string after = recorded + "teacher_after.";
    for (const auto& [key, value] : method_.teacher()->parameters().named()) {
      comparison_.equal("new teacher's " + key, value, kept.at(key));
      const std::string stored = after + key;
      if (fixture_.has(stored)) comparison_.parameter(stored, value, limits::step_weight);
    }
  }
  method_.begin_stage(++stage_);
  const auto& fresh = method_.student().parameters();
  const std::string bias = "patch_embed.proj.bias";
  // Upstream forgets to draw this one tensor anew; so does the compatible run.
  comparison_.equal("fresh student's " + bias, fresh->at(bias), kept.at(bias));
  const runtime::NamedTensors start = fixture_.with_prefix(recorded + "student_after.");
  const runtime::NamedTensors places = fresh->named();
  for (const auto& [key, value] : start) {
    comparison_.truth("fresh student's " + key + " has a place", places.contains(key));
  }
  fresh->copy_from(start, /*partial=*/true);
  auto groups = method_.parameter_groups(schedule_.optimizer.weight_decay);
  if (keep_optimizer_) {
    optimizer_.front().rebind(std::move(groups));
  } else {
    optimizer_.front() = optim::AdamW(std::move(groups), schedule_.optimizer);
  }
}

void check_trajectory(const Fixture& fixture, const methods::MaskedModelingConfig& config,
                      bool keep_optimizer, Comparison& comparison) {
  runtime::Group alone;
  Trajectory(fixture, config, keep_optimizer, comparison, alone).run();
  if (fixture.at("in.samples").size(1) % 2 != 0 || !fixture.device().is_cpu()) return;
  const Fixture copy = fixture;  // a fixture notes what is read of it
  Comparison of_copy(copy);
  const auto problems = test::run_ranks(2, [&](runtime::Group& group) {
    const bool first = group.rank() == 0;
    Trajectory(first ? fixture : copy, config, keep_optimizer, first ? comparison : of_copy, group)
        .run();
  });
  for (const std::string& failure : of_copy.failures()) comparison.truth(failure, false);
  for (const std::string& problem : problems) {
    comparison.truth("two processes: " + problem, problem.empty());
  }
}

void Trajectory::compare_end() {
  const auto numbers = [&](const char* what, const std::vector<double>& ours, double limit) {
    if (fixture_.has(name(what))) comparison_.numbers(name(what), at::tensor(ours), limit);
  };
  numbers("loss", losses_, limits::step_loss);
  numbers("grad_norm", norms_, limits::step_norm);
  numbers("lr", rates_, limits::rate);
  const auto& store = *method_.student().parameters();
  for (const std::string& key : fixture_.names(name("final."))) {
    comparison_.parameter(name("final.") + key, store.at(key), limits::step_weight);
  }
  if (!keep_optimizer_) return;
  const optim::AdamW& optimizer = optimizer_.front();
  for (const auto& [moment, flat] : {std::pair{"opt.exp_avg.", optimizer.exp_avg()},
                                     std::pair{"opt.exp_avg_sq.", optimizer.exp_avg_sq()}}) {
    for (const std::string& key : fixture_.names(moment)) {
      const at::Tensor weight = store.at(key);
      const at::Tensor ours = flat.narrow(0, store.offset(key), weight.numel());
      comparison_.parameter(moment + key, ours.view(weight.sizes()), limits::step_weight);
    }
  }
  if (fixture_.has("opt.step")) {
    comparison_.numbers("opt.step", at::tensor(static_cast<double>(optimizer.steps())), 0);
  }
}

}  // namespace dbot::golden
