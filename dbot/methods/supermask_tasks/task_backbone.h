#pragma once

#include <memory>

#include "dbot/methods/method.h"
#include "dbot/methods/supermask_tasks/task_networks.h"
#include "dbot/nn/convolution/convolution_network.h"
#include "dbot/nn/masked/dense_network.h"
#include "dbot/nn/masked/text_network.h"

namespace dbot::methods {

/// One task as an ordinary network that knows of no masks: its weights are 0 where the mask is, and
/// its BatchNorms have gains of 1 and no shift.
class TaskBackbone {
 public:
  /// `images` are of no meaning to a network of texts.
  TaskBackbone(const nn::MaskedNetworkConfig& config, const nn::ImageInput& images,
               const runtime::Device& device);

  /// Makes it that task's.
  void become(const TaskNetworks& networks, const FrozenTask& task);
  const nn::Backbone& network() const;
  /// Pixels are normalised by `mean` and `std`.
  BackboneFile file(const std::vector<double>& mean, const std::vector<double>& std,
                    const std::vector<double>& value_range) const;

 private:
  std::shared_ptr<nn::ParameterStore> parameters_;
  std::unique_ptr<nn::ConvolutionNetwork> convolution_;  // one of the three
  std::unique_ptr<nn::DenseNetwork> dense_;
  std::unique_ptr<nn::TextNetwork> text_;
};

}  // namespace dbot::methods
