#include "dbot/data/audit/survey/likeness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "dbot/core/random.h"
#include "dbot/data/audit/survey/hash_index.h"
#include "dbot/data/image/codec.h"
#include "tests/data/audit/picture_files.h"

namespace dbot::data {
namespace {

Likeness of(const Image& image) {
  std::vector<std::uint8_t> planar(std::size_t{3} * kSeenSide * kSeenSide);
  resize_crop(image, {0, 0, image.height, image.width}, {kSeenSide, kSeenSide}, false, planar);
  return likeness_of(planar);
}

Likeness after_jpeg(const Image& image, int quality) {
  return of(decode_image(test::jpeg_of(image, quality), 3, "x"));
}

TEST(Likeness, CopiesAreNearAndOtherScenesAreFar) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const Image image = test::scene(180, 240, seed);
    const Likeness original = of(image);
    for (const Likeness& copy :
         {after_jpeg(image, 30), of(test::with_size(image, 90, 120)),
          of(test::with_size(image, 300, 400)), of(test::brighter(image, 15))}) {
      EXPECT_LE(hash_distance(original.hash, copy.hash), 8);
      EXPECT_TRUE(look_alike(original, copy, false));
    }
    const Likeness other = of(test::scene(180, 240, seed + 100));
    EXPECT_GT(hash_distance(original.hash, other.hash), 10);
    EXPECT_FALSE(look_alike(original, other, false));
  }
}

TEST(Likeness, AMirrorImageHasTheMirroredHash) {
  const Image image = test::scene(150, 200, 3);
  const Likeness original = of(image), mirror = of(test::mirrored(image));
  EXPECT_GT(hash_distance(original.hash, mirror.hash), 10);
  EXPECT_LE(hash_distance(mirrored(original.hash), mirror.hash), 4);
  EXPECT_TRUE(look_alike(original, mirror, true));
  EXPECT_FALSE(look_alike(original, mirror, false));
}

TEST(Likeness, AnotherColourIsAnotherPicture) {
  const Image image = test::scene(120, 160, 7);
  Image tinted = image;
  for (std::size_t i = 0; i < tinted.pixels.size(); i += 3) {
    std::swap(tinted.pixels[i], tinted.pixels[i + 2]);
    tinted.pixels[i] = static_cast<std::uint8_t>(tinted.pixels[i] / 2);
  }
  EXPECT_FALSE(look_alike(of(image), of(tinted), false));
}

TEST(Likeness, ANegativeIsNoCopy) {
  const Image image = test::grey_of(test::scene(120, 160, 8));
  Image negative = image;
  for (auto& pixel : negative.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  EXPECT_FALSE(look_alike(of(image), of(negative), false));
}

using Pair = std::pair<std::int64_t, std::int64_t>;

/// Hashes of which many are close: families around random centres.
std::vector<std::uint64_t> clustered(std::size_t count, std::uint64_t seed) {
  core::Random random({.seed = seed});
  std::vector<std::uint64_t> hashes;
  std::uint64_t centre = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 7 == 0) centre = std::uint64_t{random.next()} << 32 | random.next();
    std::uint64_t hash = centre;
    for (auto flips = random.below(18); flips > 0; --flips) {
      hash ^= std::uint64_t{1} << random.below(64);
    }
    hashes.push_back(hash);
  }
  return hashes;
}

TEST(HashIndex, FindsWhatComparingAllFinds) {
  const auto hashes = clustered(3000, 1);
  const HashIndex index(hashes);
  for (const int radius : {0, 1, 2, 3, 4, 5, 7, 8, 10, 13, 16}) {
    SCOPED_TRACE(radius);
    std::set<Pair> expected, found;
    std::size_t told = 0;
    for (std::int64_t i = 0; i < 300; ++i) {
      for (std::int64_t j = 0; j < std::ssize(hashes); ++j) {
        const auto a = hashes[static_cast<std::size_t>(i)], b = hashes[static_cast<std::size_t>(j)];
        if (hash_distance(a, b) <= radius) expected.emplace(i, j);
      }
      index.search(hashes[static_cast<std::size_t>(i)], radius,
                   [&](std::int64_t place, int distance) {
                     ++told;
                     found.emplace(i, place);
                     EXPECT_EQ(distance, hash_distance(hashes[static_cast<std::size_t>(i)],
                                                       hashes[static_cast<std::size_t>(place)]));
                   });
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(told, found.size()) << "each is told once";
    EXPECT_GE(found.size(), 300U);
  }
}

TEST(HashIndex, AnEmptyOneFindsNothing) {
  const HashIndex index({});
  index.search(0, 10, [](std::int64_t, int) { FAIL(); });
}

}  // namespace
}  // namespace dbot::data
