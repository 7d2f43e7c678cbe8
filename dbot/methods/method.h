#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/exchange/export/network_weights.h"
#include "dbot/methods/draws.h"
#include "dbot/methods/exhibits.h"
#include "dbot/methods/held_out.h"
#include "dbot/nn/backbone.h"
#include "dbot/optim/parameter_group.h"
#include "dbot/runtime/named_tensors.h"
#include "dbot/runtime/precision.h"

// A learning system behind one interface.
//
// Design goals: the trainer knows steps and stages only; everything a method learns, predicts or
// switches is behind `Method`. Fine-tuning and supervised tasks are methods too. What only some
// systems can do is a capability that one asks for.
// Non-goals: loops, loaders, checkpoints, reports. They exist once, for all methods.
namespace dbot::methods {

class ClassifyingCapability;
class ImageCapability;
class LabellingCapability;
class MixtureCapability;
class TaskCapability;

/// What is known of the data once they are open.
struct DataFacts {
  std::vector<double> mean, std;          // one a channel, of pixels in 0…1; empty: no images
  std::vector<double> value_range = {};   // stored values that are black and white; empty: usual
  std::vector<std::string> classes = {};  // by the number of their labels; empty: no labels
  std::vector<std::string> words = {};    // by the ids of a text's tokens; empty: no texts
  std::int64_t row_width = 0;             // of rows of numbers; 0: none are read
  /// ln(n/df) of each word, where rows are texts (data/text/tables/tf_idf.h); else empty.
  std::vector<float> word_frequencies = {};
  /// Micro-batches of each stage, as the run is planned; empty: not known.
  std::vector<std::int64_t> stage_batches = {};
};

struct StepContext {
  std::int64_t stage = 0;
  std::int64_t step = 0;
  runtime::Precision precision = runtime::Precision::fp32;
  /// For `after_step`, on a device where nobody knows yet whether the step counts: a number there,
  /// 1 where it was skipped (ops::StepNumbers). Undefined: it counts.
  at::Tensor skipped = {};
};

struct StepResult {
  /// A scalar with its graph; without one where nothing is left for the trainer to learn, since
  /// what the step changes are buffers alone.
  at::Tensor loss;
  std::vector<std::pair<std::string, at::Tensor>> scalars;  // further figures, without graph
};

/// What training on one sample costs.
struct Cost {
  double operations = 0;  // floating-point ones: 2 a multiply-add, backward = 2 × forward
};

/// What a method is made of, for the head of a run.
struct ModelFacts {
  struct Part {
    std::string name;  // "encoder", "decoder", "teacher"
    std::int64_t parameters = 0;
    bool frozen = false;
  };
  std::vector<Part> parts;
  std::int64_t tokens = 0, visible_tokens = 0;  // of a sample, cls token included; 0: no tokens
  /// What else there is to say of it, as rows of a name and a value; names differ.
  std::vector<std::pair<std::string, std::string>> rows = {};

  /// What a stage predicts and how far off it is, in the recipe's words.
  struct Objective {
    std::string target;               // "pixels", "teacher"
    std::string loss, normalisation;  // "smooth_l1", "token"
    double beta = 0;                  // of smooth_l1
  };
  /// Of each stage; the last one of all that follow. Empty: losses have no scale known beforehand.
  std::vector<Objective> objectives = {};
};

/// A backbone as a file holds it.
struct BackboneFile {
  std::string description;        // JSON, stored under `dbot.config`
  runtime::NamedTensors tensors;  // float32, official names, on the host
};

/// Receives the results of a step in the order in which they are computed: the part ("encoder",
/// "decoder", "target"), which result, and its value.
using StepVisitor =
    std::function<void(const std::string& part, const std::string& what, const at::Tensor&)>;

/// When a method may look at samples that it makes no step of.
enum class StageMoment { begins, ends };

class Method {
 public:
  virtual ~Method() = default;

  /// Told once, before the first stage begins or a state is loaded.
  virtual void see_data(const DataFacts& /*facts*/) {}

  /// The parameters to train, valid until the next `begin_stage`; and the same in groups.
  virtual nn::ParameterStore& parameters() = 0;
  virtual std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) = 0;
  virtual StepDraws draw(const data::Batch& batch, const DrawContext& context) const = 0;
  /// Changes nothing that outlives the step but the buffers of `parameters()`: those of a step that
  /// does not count are put back.
  virtual StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                                   const StepContext& context) = 0;
  /// After the optimizer has changed the parameters: moving averages, scores. Not called for a step
  /// that was skipped, unless the context says that this is known on the device alone.
  virtual void after_step(const StepContext& /*context*/) {}
  /// Whether `after_step` must know that a step counts: then the trainer waits for a device before
  /// it goes on, where it would be a step ahead otherwise.
  virtual bool waits_for_steps() const { return false; }
  /// Clears the gradients of the parameters to train.
  void zero_gradients() { parameters().zero_gradients(); }

  /// Prepares stage `stage` (0-based): for dBOT a fresh student.
  virtual void begin_stage(std::int64_t stage) = 0;
  /// Closes stage `stage`: for dBOT the student becomes the teacher.
  virtual void end_stage(std::int64_t stage) = 0;

  /// How many batches of a stage's training data it looks at, behind `begin_stage` or before
  /// `end_stage`; 0: none. An epoch has `an_epoch` of them. Never asked of the end of a run.
  virtual std::int64_t batches_to_look_at(std::int64_t /*stage*/, StageMoment /*moment*/,
                                          std::int64_t /*an_epoch*/) const {
    return 0;
  }
  /// So many, on the device of the parameters: always the first ones of the stage. Leaves no
  /// gradients. What it found, a line for the log; empty: nothing to tell.
  virtual std::string look_at(std::int64_t /*stage*/, StageMoment /*moment*/,
                              const std::vector<data::Batch>& /*batches*/) {
    return {};
  }

  /// Whether the backbone that a run begins with was trained before, by another run or tool.
  virtual bool starts_trained() const { return false; }
  /// The network that is the result, and how a file holds it.
  virtual const nn::Backbone& backbone() const = 0;
  virtual BackboneFile backbone_file() const = 0;
  /// JSON that describes the backbone, as in `backbone_file`.
  virtual std::string describe_backbone() const { return backbone_file().description; }
  /// The backbone with its decoder, for the formats of other tools. Throws UsageError where none of
  /// them has a place for it.
  virtual exchange::NetworkWeights whole_network() const;

  /// Everything needed to go on, "student.…", "teacher.…"; shares memory with the method.
  virtual runtime::NamedTensors state() const = 0;
  /// The inverse, after `begin_stage(stage)` need not have been called.
  virtual void load_state(std::int64_t stage, const runtime::NamedTensors& state) = 0;

  virtual Cost cost() const = 0;
  virtual ModelFacts facts() const = 0;

  /// Judges held-out samples; null where it has no figure of them. Whether it has may be asked
  /// before the first stage. The method outlives the result.
  virtual std::unique_ptr<HeldOutMeasure> measure_held_out() const { return nullptr; }
  /// What it has to show beside what the report draws of every network: of a few samples, or of
  /// itself. Changes nothing.
  virtual Gallery gallery(const data::Batch& /*batch*/, const GalleryContext& /*context*/) const {
    return {};
  }
  /// Null where it does not predict masked images.
  virtual const ImageCapability* images() const { return nullptr; }
  /// Null where it does not take mixtures of two images apart.
  virtual const MixtureCapability* mixtures() const { return nullptr; }
  /// Null where it does not sort samples into classes.
  virtual const ClassifyingCapability* classifier() const { return nullptr; }
  /// Null where it does not learn tasks one after another.
  virtual const TaskCapability* tasks() const { return nullptr; }
  /// Null where it does not give samples any number of labels.
  virtual const LabellingCapability* labeller() const { return nullptr; }
  /// Shows what a step computes, layer by layer and without stochastic depth, so that none hides.
  /// Does nothing where a method cannot be looked into.
  virtual void visit_step(const data::Batch& /*batch*/, const StepDraws& /*draws*/,
                          runtime::Precision /*precision*/, const StepVisitor& /*visit*/) const {}
};

}  // namespace dbot::methods
