#pragma once

#include <limits>

namespace dbot::report {

inline constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// What a network makes of one sample of images, the same at every moment of a run and never
/// augmented: held-out ones where there are some. Its changes say what training added without a
/// label. NaN: not measured. docs/report.md says what each can and cannot tell.
struct ComparedFigures {
  double images = not_measured;
  double held_out = not_measured;  // 1: they are; 0: they are trained on

  // Of the features that stand for a whole image.
  double effective_rank = not_measured;  // of the centred features
  double rank_me = not_measured;         // of the features as they are (arXiv 2210.02885)
  double mean_cosine = not_measured;     // between features of different images

  // Of two random crops of each image.
  double own_crop_nearest = not_measured;   // share of images: see CropAgreement
  double shared_neighbours = not_measured;  // share of the nearest images, likewise

  // Of predictions, in a method that predicts masked images: see measure_inside.
  double prediction_inside = not_measured;  // deviation inside an image
  double target_inside = not_measured;
  double way_to_zero = not_measured;  // 1 − loss / loss without looking; below 0: worse than that
};

}  // namespace dbot::report
