// A real set with injected faults: every one is to be found, and hardly anything else.
#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>

#include "dbot/core/random.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/sources/file_bytes.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/audit/audit_folder.h"
#include "tests/data/audit/picture_files.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using Kind = FindingKind;
using Bytes = std::vector<std::uint8_t>;
using test::jpeg_of;

/// Photographs; empty if they are not there.
std::vector<fs::path> photographs() {
  const char* root = std::getenv("DBOT_DATA_DIR");
  std::vector<fs::path> files;
  for (const char* name :
       {"flickr8k-1000/images", "coco256/images/train2017", "coco256/images/val2017"}) {
    const fs::path folder = fs::path(root ? root : "") / name;
    if (!root || !fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Bytes content(const fs::path& path) {
  Bytes bytes;
  read_file_bytes(path, bytes);
  return bytes;
}

/// The set as links, in which faults take the place of images.
class FaultyCopy {
 public:
  explicit FaultyCopy(const std::vector<fs::path>& images) : images_(images) {
    for (std::size_t i = 0; i < images.size(); ++i) {
      fs::create_symlink(images[i], folder_ / name(i));
    }
    order_ = core::permutation({.seed = 11}, std::ssize(images));
  }

  /// Replaces the next image, drawn, by what `fault` makes of its bytes.
  void inject(Kind kind, const std::function<Bytes(const Bytes&)>& fault) {
    const auto victim = next();
    put(name(victim), fault(content(images_[victim])));
    expected_[kind].insert(name(victim));
  }
  /// Replaces an image by a copy of another: one of both is found, the one with fewer pixels.
  void inject_copy(Kind kind, const std::function<Bytes(const Bytes&)>& made) {
    const auto victim = next(), original = next();
    put(name(victim), made(content(images_[original])));
    pairs_.push_back({kind, name(victim), name(original)});
  }
  void add(const std::string& file, Kind kind, const Bytes& bytes) {
    put(file, bytes);
    expected_[kind].insert(file);
  }

  struct Pair {
    Kind kind;
    std::string copy, original;
  };
  const fs::path& folder() const { return folder_.path(); }
  const std::map<Kind, std::set<std::string>>& expected() const { return expected_; }
  const std::vector<Pair>& pairs() const { return pairs_; }
  std::size_t injected() const {
    std::size_t count = pairs_.size();
    for (const auto& [kind, files] : expected_) count += files.size();
    return count;
  }

 private:
  static std::string name(std::size_t i) { return std::to_string(100000 + i) + ".jpg"; }
  std::size_t next() { return static_cast<std::size_t>(order_.at(next_++)); }
  void put(const std::string& file, const Bytes& bytes) {
    fs::remove(folder_ / file);  // a link: what it leads to must stay as it is
    test::write_bytes(folder_ / file, bytes);
  }

  test::TemporaryFolder folder_;
  const std::vector<fs::path>& images_;
  std::vector<std::int64_t> order_;
  std::size_t next_ = 0;
  std::map<Kind, std::set<std::string>> expected_;
  std::vector<Pair> pairs_;
};

Image decoded(const Bytes& bytes) {
  return decode_image(bytes, 3, "photograph");
}

Bytes cut(const Bytes& bytes, double share) {
  return {bytes.begin(),
          bytes.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(bytes.size()))};
}

/// Flips a byte of the frame header or of a table, where JPEG cannot do without it.
Bytes with_broken_header(Bytes bytes) {
  for (std::size_t i = 2; i + 3 < bytes.size();) {
    const std::uint8_t marker = bytes[i + 1];
    const std::size_t length = std::size_t{bytes[i + 2]} << 8 | bytes[i + 3];
    if (marker == 0xC0 || marker == 0xC2) {
      bytes[i + 9] = 77;  // components
      return bytes;
    }
    i += 2 + length;
  }
  return bytes;
}

Bytes text(const std::string& words) {
  return {words.begin(), words.end()};
}

void inject_faults(FaultyCopy& set) {
  core::Random random({.seed = 12});
  for (int i = 0; i < 3; ++i) {
    set.inject(Kind::truncated,
               [&](const Bytes& bytes) { return cut(bytes, random.uniform(0.05, 0.98)); });
    set.inject(Kind::corrupt, with_broken_header);
    set.inject(Kind::grey_as_rgb,
               [](const Bytes& bytes) { return jpeg_of(test::grey_of(decoded(bytes))); });
    set.inject(Kind::wrong_type, [](const Bytes& bytes) { return test::png_of(decoded(bytes)); });
    set.inject_copy(Kind::duplicate, [](const Bytes& bytes) { return bytes; });
    set.inject_copy(Kind::near_duplicate,
                    [](const Bytes& bytes) { return jpeg_of(decoded(bytes), 35); });
    set.inject_copy(Kind::near_duplicate, [](const Bytes& bytes) {
      const Image image = decoded(bytes);
      return jpeg_of(test::with_size(image, image.height / 2, image.width / 2), 80);
    });
    set.inject_copy(Kind::near_duplicate, [](const Bytes& bytes) {
      return jpeg_of(test::brighter(decoded(bytes), 12), 70);
    });
  }
  for (int orientation = 2; orientation <= 8; orientation += 2) {
    set.inject(Kind::turned,
               [&](const Bytes& bytes) { return jpeg_of(decoded(bytes), 90, orientation); });
  }
  set.inject(Kind::empty, [](const Bytes&) { return Bytes(); });
  set.inject(Kind::not_an_image, [](const Bytes&) { return text("not a picture at all\n"); });
  set.inject(Kind::not_an_image, [](const Bytes&) { return Bytes(5000, 0); });
  set.inject(Kind::constant, [](const Bytes&) { return jpeg_of(test::one_colour(375, 500, 128)); });
  set.inject(Kind::constant, [](const Bytes&) { return jpeg_of(test::one_colour(375, 500, 3)); });
  set.inject(Kind::tiny,
             [](const Bytes& bytes) { return jpeg_of(test::with_size(decoded(bytes), 20, 27)); });
  set.inject(Kind::huge, [](const Bytes& bytes) {
    return jpeg_of(test::with_size(decoded(bytes), 2600, 3400));
  });
  set.inject(Kind::elongated,
             [](const Bytes& bytes) { return jpeg_of(test::with_size(decoded(bytes), 60, 480)); });
  set.inject(Kind::damaged, [](const Bytes& bytes) {
    Bytes longer = bytes;
    longer.insert(longer.end() - 2, bytes.end() - 402, bytes.end() - 2);
    return longer;
  });
  set.add("no_extension", Kind::unread_image, jpeg_of(test::scene(90, 120, 1)));
  set.add("notes.txt", Kind::other_file, text("notes\n"));
}

TEST(InjectedFaults, EachIsFoundInARealSet) {
  const auto images = photographs();
  if (images.size() < 500) {
    GTEST_SKIP() << "photographs are not there: DBOT_DATA_DIR names no folder with flickr8k-1000 "
                    "and coco256 (scripts/unpack_data.sh)";
  }
  FaultyCopy copy(images);
  inject_faults(copy);
  EXPECT_GE(copy.injected(), images.size() * 3 / 100) << "at least 3 % of the images";
  const test::AuditedFolder result(copy.folder());
  for (const auto& [kind, files] : copy.expected()) {
    for (const auto& file : files) {
      EXPECT_THAT(result.files(kind), testing::Contains(file)) << text_of(kind).title;
    }
  }
  for (const auto& pair : copy.pairs()) {
    const auto found = result.files(pair.kind);
    EXPECT_TRUE(found.contains(pair.copy) || found.contains(pair.original))
        << text_of(pair.kind).title << ": " << pair.copy << " of " << pair.original;
  }
}

Likeness likeness(const Image& image) {
  std::vector<std::uint8_t> planar(std::size_t{3} * kSeenSide * kSeenSide);
  resize_crop(image, {0, 0, image.height, image.width}, {kSeenSide, kSeenSide}, false, planar);
  return likeness_of(planar);
}

/// Share of photographs that are recognised after what people and servers do to them.
TEST(InjectedFaults, CopiesOfPhotographsAreRecognised) {
  const auto images = photographs();
  if (images.size() < 500) GTEST_SKIP() << "photographs are not there: see above";
  constexpr std::size_t count = 120;
  const CopiesConfig usual;
  std::map<std::string, int> recognised;
  for (std::size_t i = 0; i < count; ++i) {
    const Image image = decoded(content(images[i * images.size() / count]));
    const Likeness original = likeness(image);
    const auto look_at = [&](const std::string& what, const Image& copy) {
      const Likeness seen = likeness(copy);
      recognised[what] += hash_distance(original.hash, seen.hash) <= usual.distance &&
                          look_alike(original, seen, false);
    };
    look_at("quality 30", decoded(jpeg_of(image, 30)));
    look_at("a third of its size, quality 60",
            decoded(jpeg_of(test::with_size(image, image.height / 3, image.width / 3), 60)));
    look_at("15 levels brighter", decoded(jpeg_of(test::brighter(image, 15), 80)));
    look_at("15 levels darker", decoded(jpeg_of(test::brighter(image, -15), 80)));
  }
  EXPECT_EQ(recognised.size(), 4U);
  for (const auto& [what, times] : recognised) {
    RecordProperty(what, times);
    EXPECT_GE(times, static_cast<int>(count) * 98 / 100) << what;
  }
}

/// What is said of the photographs as they are. Both collections hold a few pictures of one scene
/// taken one after the other, and some grey ones.
TEST(InjectedFaults, TheCleanSetGivesFewAlarms) {
  const auto images = photographs();
  if (images.size() < 500) GTEST_SKIP() << "photographs are not there: see above";
  const FaultyCopy copy(images);
  const test::AuditedFolder result(copy.folder());
  EXPECT_EQ(result.audit.broken, 0);
  for (const auto& finding : result.audit.findings) {
    if (text_of(finding.kind).gravity == Gravity::note) continue;
    std::cout << text_of(finding.kind).id << " " << finding.file << ": " << finding.detail << " ("
              << images[static_cast<std::size_t>(finding.image)].filename().string() << ")\n";
  }
  EXPECT_LE(result.audit.suspicious, std::ssize(images) / 100);
}

}  // namespace
}  // namespace dbot::data
