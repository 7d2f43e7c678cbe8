// What is wrong with an image, for code that decides by it.
#include <gtest/gtest.h>

#include "dbot/data/audit/survey/examiner.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/sample_image.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes of(const std::string& name) {
  const bool codec = std::filesystem::exists(test::fixtures() / "codecs" / name);
  return test::bytes_of(codec ? test::fixtures() / "codecs" / name : test::fixtures() / name);
}

Bytes cut(Bytes bytes, double share) {
  bytes.resize(static_cast<std::size_t>(share * static_cast<double>(bytes.size())));
  return bytes;
}

Bytes with(Bytes bytes, std::size_t place, std::uint8_t value) {
  bytes.at(place) = value;
  return bytes;
}

Fault fault_of(const Bytes& bytes, int channels = 3) {
  try {
    decode_image(bytes, channels, "x");
  } catch (const Error& error) {
    EXPECT_EQ(error.fields().operation, "data");
    EXPECT_EQ(error.fields().subject, "x");
    return error.fault();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Fault::other;
}

TEST(ImageFaults, AFileThatWasCutIsTruncated) {
  for (const char* name : {"photo_420.jpg", "photo_progressive.jpg", "rgb.png", "lossy.webp",
                           "grey.tif", "bytes.npy", "grey16.pgm", "rgb.bmp"}) {
    EXPECT_EQ(fault_of(cut(of(name), 0.9)), Fault::truncated) << name;
  }
  EXPECT_EQ(fault_of(cut(of("photo_420.jpg"), 0.02)), Fault::truncated) << "within its header";
  // The directory of this TIFF lies at its end: without it, it contradicts itself.
  EXPECT_EQ(fault_of(cut(of("rgb16_big_endian.tif"), 0.9)), Fault::corrupt);
  EXPECT_EQ(fault_of(cut(of("rgb.bmp"), 0.001)), Fault::unsupported) << "not even two letters";
}

TEST(ImageFaults, OthersAreToldApart) {
  EXPECT_EQ(fault_of({}), Fault::empty);
  EXPECT_EQ(fault_of({'t', 'e', 'x', 't'}), Fault::unsupported);
  EXPECT_EQ(fault_of(of("five16.tif"), 3), Fault::channels);
  EXPECT_EQ(fault_of(of("photo_420.jpg"), 5), Fault::channels);
  const std::string huge = "P6 100000 100000 255\n";
  EXPECT_EQ(fault_of({huge.begin(), huge.end()}), Fault::too_large);
  const auto png = of("rgb.png");
  EXPECT_EQ(fault_of(with(png, png.size() / 2, static_cast<std::uint8_t>(~png[png.size() / 2]))),
            Fault::corrupt);
}

/// One sample that gives these bytes, or throws.
class OneSample final : public Dataset {
 public:
  explicit OneSample(Bytes bytes, Fault fault = Fault::other)
      : bytes_(std::move(bytes)), fault_(fault) {}
  std::int64_t size() const override { return 1; }
  void read(std::int64_t, Sample& sample) const override {
    sample.begin("x");
    if (fault_ != Fault::other) throw data_error("x", fault_, "the message does not matter");
    sample.add(kImagePart).borrow_encoded(bytes_);
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t) const override { return "x"; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  Bytes bytes_;
  Fault fault_;
  std::vector<std::string> classes_;
};

TEST(ImageFaults, AnAuditGoesByThem) {
  MemoryBudget budget(1 << 20);
  Examiner examiner(3, true, budget);
  const auto found = [&](const OneSample& sample) { return examiner.examine(sample, 0).fault; };
  EXPECT_EQ(found(OneSample(of("photo_420.jpg"))), ImageFault::none);
  EXPECT_EQ(found(OneSample(cut(of("photo_420.jpg"), 0.9))), ImageFault::truncated);
  EXPECT_EQ(found(OneSample(of("five16.tif"))), ImageFault::channels);
  EXPECT_EQ(found(OneSample({'t', 'e', 'x', 't'})), ImageFault::not_an_image);
  EXPECT_EQ(found(OneSample({}, Fault::empty)), ImageFault::empty);
  EXPECT_EQ(found(OneSample({}, Fault::truncated)), ImageFault::unreadable);
  const auto facts = examiner.examine(OneSample({}, Fault::unreadable), 0);
  EXPECT_EQ(facts.fault, ImageFault::unreadable);
  EXPECT_EQ(facts.reason, "the message does not matter");
}

TEST(DataErrors, NameASampleOnceInLists) {
  const auto own = data_error("a/1.jpg", Fault::empty, "is empty");
  EXPECT_STREQ(own.what(), "[data] a/1.jpg: is empty");
  EXPECT_EQ(broken_sample(own, "a/1.jpg"), "a/1.jpg: is empty");
  EXPECT_EQ(reason_of(own, "a/1.jpg"), "is empty");
  const auto of_archive = data_error("x.tar", Fault::unreadable, "cannot be read");
  EXPECT_EQ(broken_sample(of_archive, "x.tar/1.jpg"), "x.tar/1.jpg: x.tar: cannot be read");
  EXPECT_EQ(broken_sample(DataError({.fault = Fault::other, .reason = "plain"}), "x"), "x: plain");
}

}  // namespace
}  // namespace dbot::data
