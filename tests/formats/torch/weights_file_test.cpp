#include "dbot/formats/torch/weights_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"
#include "tests/formats/writer/torch_writer.h"

namespace dbot::formats {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using writer::integer;
using writer::number;
using writer::tuple;

const fs::path kFixtures = "tests/formats/fixtures";

/// Some tests write thousands of files.
fs::path in_memory() {
  return fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
}

class WeightsFileTest : public testing::Test {
 protected:
  fs::path write(const std::string& content, const std::string& name = "weights.pth") {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::string refusal(const std::string& content, const std::string& name = "weights.pth") {
    const fs::path path = write(content, name);
    try {
      const WeightsFile file = WeightsFile::open(path);
      for (const StoredTensor& tensor : file.tensors()) file.verify(tensor);
      file.values();
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      return error.what();
    }
    return "accepted";
  }

  std::string tensor_refusal(const writer::Tensor& parts) {
    return refusal(writer::torch_zip(writer::state_dict(parts), {std::string(16, 'x')}));
  }

  test::TemporaryFolder folder_{in_memory()};
};

std::string content_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_F(WeightsFileTest, ReadsATensorByTypeExtentsAndStrides) {
  const auto path = write(writer::torch_zip(writer::state_dict({}), {std::string(16, 'x')}));
  const WeightsFile file = WeightsFile::open(path);
  EXPECT_EQ(file.container(), WeightsContainer::torch_zip);
  ASSERT_EQ(file.tensors().size(), 1U);
  const StoredTensor& tensor = file.tensors().front();
  EXPECT_EQ(tensor.name, "weight");
  EXPECT_EQ(tensor.type, ElementType::float32);
  EXPECT_THAT(tensor.shape, ElementsAre(4));
  EXPECT_EQ(tensor.storage.size(), 16U);
  EXPECT_TRUE(tensor.contiguous());
}

TEST_F(WeightsFileTest, TellsTheContainerByItsContent) {
  EXPECT_EQ(WeightsFile::open(kFixtures / "every_type_zip2.pth").container(),
            WeightsContainer::torch_zip);
  EXPECT_EQ(WeightsFile::open(kFixtures / "every_type_legacy2.pth").container(),
            WeightsContainer::torch_legacy);
  EXPECT_EQ(WeightsFile::open(kFixtures / "script.pt").container(), WeightsContainer::torch_script);
  const auto path = write(content_of(kFixtures / "script.expected.safetensors"), "weights.bin");
  EXPECT_EQ(WeightsFile::open(path).container(), WeightsContainer::safetensors);
}

TEST_F(WeightsFileTest, NamesOtherKindsOfFiles) {
  EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
              HasSubstr("pointer of Git LFS"));
  EXPECT_THAT(refusal("<!DOCTYPE html><html>not found</html>"), HasSubstr("a web page"));
  EXPECT_THAT(refusal("\x89HDF\r\n\x1a\n"), HasSubstr("HDF5"));
  EXPECT_THAT(refusal("{\"a\": 1}"), HasSubstr("a JSON text"));
  EXPECT_THAT(refusal(std::string(257, 'a') + "ustar"), HasSubstr("a tar file"));
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  EXPECT_THAT(refusal("nonsense"), HasSubstr("begins with \"nonsense\""));
  EXPECT_THAT(refusal(writer::zip({{"array.npy", "x"}})), HasSubstr("without NAME/data.pkl"));
  EXPECT_THAT(refusal("abc", "weights.safetensors"), HasSubstr("[safetensors]"));
  EXPECT_THAT(refusal(writer::pickle("N")), HasSubstr("a plain pickle"));
}

TEST_F(WeightsFileTest, RefusesTensorsThatDoNotFitTheirStorage) {
  EXPECT_EQ(tensor_refusal({}), "accepted");
  const auto long1 = [](std::int64_t value) {
    return "\x8a\x08" + number(static_cast<std::uint64_t>(value), 8);
  };
  const std::int64_t largest = INT64_MAX;
  struct Case {
    const char* what;
    writer::Tensor parts;
  };
  const Case cases[] = {
      {"reach element 4", {.offset = integer(1)}},
      {"reach element 6", {.strides = tuple({integer(2)})}},
      {"reach element 4", {.sizes = tuple({integer(5)})}},
      {"offset is not a whole number", {.offset = integer(-1)}},
      {"shape is not a whole number", {.sizes = tuple({integer(-4)})}},
      {"strides is not a whole number", {.strides = tuple({integer(-1)})}},
      {"more than 63 bits", {.sizes = tuple({long1(largest)})}},
      {"more than 63 bits",
       {.sizes = tuple({long1(1LL << 40), long1(1LL << 40)}),
        .strides = tuple({integer(0), integer(0)})}},
      {"strides lead beyond", {.sizes = tuple({integer(4)}), .strides = tuple({long1(largest)})}},
      {"strides lead beyond", {.offset = long1(largest)}},
      {"1 extents and 2 strides", {.strides = tuple({integer(1), integer(1)})}},
      {"shape is no list", {.sizes = integer(4)}},
      {"fewer than 5 elements", {.storage_size = integer(5)}},
      {"storage size is not", {.storage_size = integer(-1)}},
      {"fewer than 9223372036854775807 elements", {.storage_size = long1(largest)}},
      {"storage \"7\" is missing", {.key = "7"}},
      {"65 dimensions",
       {.sizes = tuple(std::vector<std::string>(65, integer(1))),
        .strides = tuple(std::vector<std::string>(65, integer(1)))}},
  };
  for (const Case& test : cases) {
    EXPECT_THAT(tensor_refusal(test.parts), HasSubstr(test.what));
    EXPECT_THAT(tensor_refusal(test.parts), HasSubstr("tensor \"weight\""));
  }
  // The same bytes for every element need no storage, but a copy's size must still count.
  EXPECT_EQ(tensor_refusal({.sizes = tuple({integer(1 << 30)}), .strides = tuple({integer(0)})}),
            "accepted");
}

TEST_F(WeightsFileTest, RefusesMalformedTensors) {
  const std::string v2 = writer::global("torch._utils", "_rebuild_tensor_v2");
  for (const std::string& value : std::vector<std::string>{
           writer::called(v2, {}), writer::called(v2, {integer(1)}),
           writer::called(v2, {writer::text("storage"), integer(0), tuple({}), tuple({})}),
           writer::called(v2, {tuple({}) + "Q", integer(0), tuple({}), tuple({})}),
           writer::called(writer::global("torch._utils", "_rebuild_parameter"), {}),
           writer::called(writer::global("torch._utils", "_rebuild_parameter"), {integer(1)}),
           writer::called(writer::global("torch._tensor", "_rebuild_from_type_v2"),
                          {integer(1)})}) {
    const std::string state = writer::pickle(writer::dictionary({{"weight", value}}));
    EXPECT_THAT(refusal(writer::torch_zip(state, {"1234"})), HasSubstr("malformed"));
  }
  std::string wrapped = writer::tensor({});
  for (int i = 0; i < 20; ++i) {
    wrapped = writer::called(writer::global("torch._utils", "_rebuild_parameter"), {wrapped});
  }
  const std::string state = writer::pickle(writer::dictionary({{"weight", wrapped}}));
  EXPECT_THAT(refusal(writer::torch_zip(state, {std::string(16, 'x')})),
              HasSubstr("parameters within parameters"));
}

TEST_F(WeightsFileTest, RefusesValuesWithoutAnEnd) {
  // A list that holds itself, a deep nest, and one that doubles a hundred times.
  EXPECT_THAT(refusal(writer::torch_zip(std::string("\x80\x02]q\0h\0a.", 10), {})),
              HasSubstr("nest more than 100 deep"));
  EXPECT_THAT(refusal(writer::torch_zip(
                  writer::pickle(std::string(100000, ']') + std::string(99999, 'a')), {})),
              HasSubstr("nest more than 100 deep"));
  std::string doubling = "]q" + std::string(1, '\0');
  for (unsigned i = 1; i < 60; ++i) {
    doubling += "(h" + number(i - 1, 1) + "h" + number(i - 1, 1) + "lq" + number(i, 1);
  }
  doubling = "(" + doubling + "t";
  EXPECT_THAT(refusal(writer::torch_zip(writer::pickle(doubling), {})),
              HasSubstr("more than 1000000 places"));
}

TEST_F(WeightsFileTest, RefusesTextWithoutAnEnd) {
  // One text of a megabyte, used a thousand times: as keys and as values.
  const std::string large = writer::text(std::string(1 << 20, 'x')) + std::string("q\0", 2);
  std::string values = "](" + large, keys = "}(" + large + writer::tensor({});
  for (int i = 0; i < 1000; ++i) values += std::string("h\0", 2);
  EXPECT_THAT(refusal(writer::torch_zip(writer::pickle(values + "e"), {})),
              HasSubstr("more than 64 MiB of text"));
  EXPECT_THAT(refusal(writer::torch_zip(writer::pickle(keys + "u"), {std::string(16, 'x')})),
              HasSubstr("more than 1024 characters"));
}

TEST_F(WeightsFileTest, RefusesTwoTensorsOfOneName) {
  const std::string inner = writer::dictionary({{"b", writer::tensor({})}});
  const std::string state =
      writer::pickle(writer::dictionary({{"a.b", writer::tensor({})}, {"a", inner}}));
  EXPECT_THAT(refusal(writer::torch_zip(state, {std::string(16, 'x')})), HasSubstr("there twice"));
}

TEST_F(WeightsFileTest, RefusesOtherByteOrdersAndTwoPickles) {
  const std::string state = writer::state_dict({});
  EXPECT_THAT(refusal(writer::zip({{"a/data.pkl", state}, {"a/byteorder", "big"}})),
              HasSubstr("byte order"));
  EXPECT_THAT(refusal(writer::zip({{"a/data.pkl", state}, {"b/data.pkl", state}})),
              HasSubstr("two data.pkl"));
}

TEST_F(WeightsFileTest, ReadsTheOldContainerWithItsViews) {
  const std::string storage =
      tuple({writer::text("storage"), writer::global("torch", "FloatStorage"), writer::text("root"),
             writer::text("cpu"), integer(6),
             tuple({writer::text("view"), integer(2), integer(3)})}) +
      "Q";
  const std::string tensor =
      writer::called(writer::global("torch._utils", "_rebuild_tensor"),
                     {storage, integer(1), tuple({integer(2)}), tuple({integer(1)})});
  const std::string state = writer::pickle(writer::dictionary({{"weight", tensor}}));
  const std::string floats = "0000111122223333444455556666";
  const auto path = write(writer::torch_legacy(state, {{"root", floats.substr(0, 24)}}, 4));
  const WeightsFile file = WeightsFile::open(path);
  ASSERT_EQ(file.tensors().size(), 1U);
  EXPECT_EQ(file.tensors()[0].offset, 1);
  EXPECT_EQ(file.tensors()[0].storage.size(), 12U);
  EXPECT_EQ(file.tensors()[0].storage[0], std::byte{'2'});
  const std::string beyond =
      writer::called(writer::global("torch._utils", "_rebuild_tensor"),
                     {storage, integer(2), tuple({integer(2)}), tuple({integer(1)})});
  EXPECT_THAT(refusal(writer::torch_legacy(writer::pickle(writer::dictionary({{"weight", beyond}})),
                                           {{"root", floats}}, 4)),
              HasSubstr("reach element 3"));
}

TEST_F(WeightsFileTest, RefusesAnOldContainerThatIsNotWhole) {
  const std::string state = writer::state_dict({});
  const std::string floats(16, 'x');
  EXPECT_EQ(refusal(writer::torch_legacy(state, {{"0", floats}}, 4)), "accepted");
  EXPECT_THAT(refusal(writer::torch_legacy(state, {}, 4)), HasSubstr("is missing"));
  EXPECT_THAT(refusal(writer::torch_legacy(state, {{"0", floats}, {"0", floats}}, 4)),
              HasSubstr("twice"));
  EXPECT_THAT(refusal(writer::torch_legacy(state, {{"0", floats}, {"1", floats}}, 4)),
              HasSubstr("no tensor uses its storage"));
  std::string lying = writer::torch_legacy(state, {{"0", floats}}, 4);
  lying.replace(lying.size() - 24, 8, number(~std::uint64_t{0}, 8));
  EXPECT_THAT(refusal(lying), HasSubstr("announces 18446744073709551615 elements"));
}

TEST_F(WeightsFileTest, EveryBeginningIsRefused) {
  for (const std::string& whole : std::vector<std::string>{
           writer::torch_zip(writer::state_dict({}), {std::string(16, 'x')}),
           writer::torch_legacy(writer::state_dict({}), {{"0", std::string(16, 'x')}}, 4),
           content_of(kFixtures / "without_checksums.pth")}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_NE(refusal(whole.substr(0, size)), "accepted") << size << " of " << whole.size();
    }
    EXPECT_EQ(refusal(whole), "accepted");
  }
}

TEST_F(WeightsFileTest, EveryChangedByteIsReadOrRefused) {
  for (const std::string& whole : std::vector<std::string>{
           writer::torch_zip(writer::state_dict({}), {std::string(16, 'x')}),
           writer::torch_legacy(writer::state_dict({}), {{"0", std::string(16, 'x')}}, 4)}) {
    for (std::size_t place = 0; place < whole.size(); ++place) {
      for (const char value : {'\0', '\x01', 'R', '\x7f', '\xff'}) {
        std::string other = whole;
        other[place] = value;
        refusal(other);  // which checks that the message names the file
      }
    }
  }
}

TEST_F(WeightsFileTest, FindsDamageInAStorage) {
  std::string file = writer::torch_zip(writer::state_dict({}), {"0123456789abcdef"});
  file[file.find("0123456789")] = 'x';
  EXPECT_THAT(refusal(file), HasSubstr("is damaged"));
}

TEST_F(WeightsFileTest, ShowsWhatStandsBesideTheTensors) {
  const WeightsFile file = WeightsFile::open(kFixtures / "skipped.pth");
  ASSERT_EQ(file.tensors().size(), 2U);
  EXPECT_EQ(file.tensors()[1].name, "numpy.array");
  const auto values = nlohmann::json::parse(file.values());
  EXPECT_EQ(values["epoch"], 3);
  EXPECT_EQ(values["big"], "1180591620717411303424");
  EXPECT_EQ(values["negative"], "-1180591620717411303424");
  EXPECT_EQ(values["args"]["lr"], 1e-3);
  EXPECT_EQ(values["args"]["betas"], nlohmann::json::parse("[0.9, 0.95]"));
  EXPECT_EQ(values["args"]["nested"]["a"][1], nullptr);
  EXPECT_EQ(values["default"]["x"][0], 1);
  EXPECT_EQ(values["model"], nlohmann::json::object());
  EXPECT_EQ(values["size"], nlohmann::json::parse("[2, 3]"));
  EXPECT_EQ(values["dtype"], "torch.float16");
}

TEST_F(WeightsFileTest, SaysWhichTensorsItDoesNotRead) {
  const WeightsFile file = WeightsFile::open(kFixtures / "skipped.pth");
  std::map<std::string, std::string> reasons;
  for (const UnreadTensor& tensor : file.unread()) reasons[tensor.name] = tensor.reason;
  EXPECT_THAT(reasons["unread.quantised"], HasSubstr("_rebuild_qtensor"));
  EXPECT_THAT(reasons["unread.complex"], HasSubstr("torch.ComplexDoubleStorage"));
  EXPECT_THAT(reasons["unread.conjugate"], HasSubstr("negated"));
}

}  // namespace
}  // namespace dbot::formats
