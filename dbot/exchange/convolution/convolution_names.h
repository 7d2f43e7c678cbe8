#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dbot::exchange {

/// Where a convolutional network is among the tensors of a file.
struct ConvolutionPlace {
  std::string key;                           // "encoder_q", "" for the root
  std::map<std::string, std::string> names;  // the file's, by torchvision's, below the place
};

/// The convolutional networks of a file, the one that is most likely meant first: a query encoder
/// before its moving average. They are told by the tensors that each ResNet, or each chain of this
/// project, has; wrappers such as "module." do not matter, and the numbers that Un-Mix' CIFAR files
/// have (net.0, net.3.0, …) become torchvision's names. `key` chooses a nest.
std::vector<ConvolutionPlace> find_convolutions(const std::vector<std::string>& names,
                                                const std::optional<std::string>& key);

}  // namespace dbot::exchange
