// Several crops of one decoding against each crop of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "dbot/core/random.h"
#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/image/codec.h"
#include "tests/data/fixtures.h"
#include "tests/data/image/mean_difference.h"

namespace dbot::data {
namespace {

using test::bytes_of;
using test::fixtures;
using test::mean_difference;

struct Wanted {
  CropChoice choice;
  core::Size size;
};

std::vector<Wanted> draw_wanted(int height, int width, core::Random& random) {
  AugmentationConfig global, local;
  local.crop_scale = {0.05, 0.3};
  std::vector<Wanted> wanted;
  for (int i = 0; i < 5; ++i) {
    const auto& config = i < 2 ? global : local;
    const std::int64_t side = i < 2 ? 24 : 10;
    const auto crop = random_resized_crop(height, width, config, random);
    wanted.push_back({{crop, i % 2 == 0}, {side, side + 1}});
  }
  return wanted;
}

std::vector<std::uint8_t> room_for(const Wanted& wanted) {
  return std::vector<std::uint8_t>(
      static_cast<std::size_t>(3 * wanted.size.height * wanted.size.width));
}

/// Each crop from one decoding beside the same crop decoded alone: the largest mean difference.
double largest_difference(const std::vector<std::uint8_t>& bytes, core::Random& random) {
  const auto whole = decode_image(bytes, 3, "x");
  const auto wanted = draw_wanted(whole.height, whole.width, random);
  std::vector<std::vector<std::uint8_t>> together;
  std::vector<CropRequest> requests;
  for (const auto& one : wanted) together.push_back(room_for(one));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    requests.push_back(
        {[choice = wanted[i].choice](int, int) { return choice; }, wanted[i].size, together[i]});
  }
  decode_crops(bytes, 3, "x", requests);
  double largest = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto alone = room_for(wanted[i]);
    decode_crop(bytes, 3, "x", requests[i].choose, wanted[i].size, alone);
    largest = std::max(largest, mean_difference(alone, together[i]));
  }
  return largest;
}

TEST(DecodeCrops, AreThoseOfDecodingEachAlone) {
  core::Random random({.seed = 3});
  int files = 0;
  for (const auto* folder : {"", "codecs"}) {
    for (const auto& entry : std::filesystem::directory_iterator(fixtures() / folder)) {
      const auto extension = entry.path().extension();
      const bool jpeg = extension == ".jpg";
      if (!jpeg && extension != ".png" && extension != ".webp" && extension != ".bmp") continue;
      SCOPED_TRACE(entry.path());
      const auto bytes = bytes_of(entry.path());
      for (int i = 0; i < 5; ++i) {
        // A JPEG's colour is stored more coarsely and so shared across the border of a crop.
        const double difference = largest_difference(bytes, random);
        if (jpeg) {
          EXPECT_LT(difference, 2);
        } else {
          EXPECT_EQ(difference, 0);
        }
      }
      ++files;
    }
  }
  EXPECT_GT(files, 30);
}

}  // namespace
}  // namespace dbot::data
