#include "dbot/methods/method.h"

#include "dbot/core/error.h"

namespace dbot::methods {

exchange::NetworkWeights Method::whole_network() const {
  throw UsageError(ErrorFields{.operation = "export",
                               .subject = "a network of this kind",
                               .fault = Fault::unsupported,
                               .reason = "has no decoder that other tools have a place for",
                               .way_out = "export the backbone alone"});
}

}  // namespace dbot::methods
