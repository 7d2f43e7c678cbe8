#pragma once

namespace dbot::golden {

/// For every element: abs(ours - expected) <= absolute + relative · abs(expected).
struct ElementLimit {
  double absolute = 0;
  double relative = 0;
};

/// The limits of the fixtures of MAE and dBOT.
namespace limits {
constexpr double value = 1e-5;           // activations, predictions, targets: relative L2 a tensor
constexpr double loss = 1e-6;            // relative
constexpr double gradient = 3e-5;        // relative L2 a tensor
constexpr double step_loss = 1e-5;       // of a trajectory, relative
constexpr double step_norm = 2e-5;       // of a trajectory, relative
constexpr double step_weight = 1e-4;     // of a trajectory: weights, moments, relative L2 a tensor
constexpr double rate = 1e-9;            // learning rates, relative
constexpr double drop_path_rate = 1e-6;  // relative: the references compute it in single precision
}  // namespace limits

/// The limits of the fixtures of MAE-ST, M3AE, i-MAE, MixMask and MaskDistill, element by element.
namespace element_limits {
constexpr ElementLimit value{.absolute = 1e-5, .relative = 1e-4};
constexpr ElementLimit loss{.relative = 2e-5};
/// The absolute part is a share of the file's largest gradient: Comparison::gradient.
constexpr ElementLimit gradient{.absolute = 1e-5, .relative = 1e-3};
constexpr ElementLimit table{.relative = 1e-6};  // tables and schedules
}  // namespace element_limits

}  // namespace dbot::golden
