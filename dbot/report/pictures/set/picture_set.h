#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dbot/report/moment.h"
#include "dbot/report/pictures/set/compared_figures.h"
#include "dbot/report/pictures/set/shown_exhibits.h"

// What a network shows at one moment of a run, as files: RUN/pictures/<name>/ holds pictures and
// pictures.json. Whoever draws them and whoever puts them on a page share only this.
namespace dbot::report {

/// One picture of a group, PNG or WebP.
struct Picture {
  std::string file;     // within the set's folder
  std::string name;     // the sample it shows, as the data set names it: never trusted
  std::string caption;  // what is seen, in a few words; may be empty
};

/// Pictures of one kind: "reconstruction", "principal_components", "features", "attention".
struct PictureGroup {
  std::string kind;
  std::string title;        // a heading
  std::string explanation;  // what to look for, one or two sentences
  std::vector<Picture> pictures;
};

/// Samples as points of a plane, with their thumbnails in one picture, row by row.
struct EmbeddingMap {
  struct Point {
    double x = 0, y = 0;      // 0…1
    std::int64_t label = -1;  // −1: unlabelled
    std::string name;         // of the sample
  };
  std::string atlas;                // picture within the set's folder
  std::int64_t thumbnail_size = 0;  // pixels, square
  std::int64_t columns = 0;         // thumbnails in a row of the atlas
  std::vector<Point> points;        // in the order of the thumbnails
  std::vector<std::string> classes;
};

/// A sample and those nearest to it by cosine of their features, as indices of the map's points.
struct Neighbours {
  std::int64_t query = 0;
  std::vector<std::int64_t> nearest;  // nearest first, without the query
  std::vector<double> similarity;     // cosine of each
};

/// Figures that tell a healthy network from a collapsed one. NaN: not measured.
struct FeatureHealth {
  double effective_rank = not_measured;  // exp of the entropy of the features' normalised spectrum
  double width = not_measured;           // number of channels, the most the rank can be
  double images = not_measured;          // whose features were measured; the rank is below this too
  double mean_cosine = not_measured;     // between features of different images
  double prediction_deviation = not_measured;  // of predicted tokens across images and positions
  double target_deviation = not_measured;      // of what they should be
  double constant_loss = not_measured;         // loss of always predicting the target's mean
  double position_loss = not_measured;  // of predicting the target's mean at each position: what
                                        // can be had without looking at the image
  double training_loss = not_measured;  // on images that are trained on, not augmented
  double held_out_loss = not_measured;  // on images that are not, where there are some
  ComparedFigures compared = {};        // to be set beside those of other moments
};

struct PictureSet {
  std::string label;  // "stage 1", "untrained network"
  Moment moment = Moment::epoch;
  std::int64_t step = 0;
  std::int64_t stage = 0;  // counted from 0
  std::vector<PictureGroup> groups;
  std::optional<EmbeddingMap> map;
  std::vector<Neighbours> neighbours;        // by features
  std::vector<Neighbours> pixel_neighbours;  // of the same queries, by raw pixels
  FeatureHealth health;
  ShownGallery gallery = {};
};

/// Writes pictures.json, and exhibits.json where there are any, into the folder, whose pictures are
/// already there. Throws Error.
void write_picture_set(const std::filesystem::path& folder, const PictureSet& set);
/// Throws DataError if the folder has no pictures.json or it cannot be understood: a field that is
/// missing or of another type, a number or list beyond its bounds, a file name that leads out of
/// the folder. Texts may hold anything. Exhibits that cannot be understood are left out.
PictureSet read_picture_set(const std::filesystem::path& folder);
/// All readable sets of a run's pictures/, in the order of their steps; others are passed over.
std::vector<PictureSet> read_picture_sets(const std::filesystem::path& run);
/// RUN/pictures/<label with '-' for spaces>.
std::filesystem::path picture_folder(const std::filesystem::path& run, const std::string& label);

}  // namespace dbot::report
