#include "dbot/methods/mean_figures.h"

#include <algorithm>
#include <limits>

namespace dbot::methods {

void MeanFigures::add(const char* name, const at::Tensor& mean, double samples) {
  if (!mean.defined()) return;
  auto found = std::ranges::find(figures_, name, &Figure::name);
  if (found == figures_.end()) found = figures_.insert(found, Figure{.name = name});
  found->sum += mean.item<double>() * samples;
  found->samples += samples;
}

HeldOutFigures MeanFigures::figures() const {
  HeldOutFigures figures;
  if (figures_.empty()) {
    figures.values.emplace_back("loss", std::numeric_limits<double>::quiet_NaN());
  }
  for (const Figure& figure : figures_) {
    figures.values.emplace_back(figure.name, figure.sum / figure.samples);
  }
  return figures;
}

}  // namespace dbot::methods
