#include "dbot/formats/torch/numpy_array.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"
#include "tests/formats/writer/torch_writer.h"

namespace dbot::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using writer::called;
using writer::global;
using writer::integer;
using writer::text;
using writer::tuple;

/// An array as numpy writes it for protocol 2: bytes as a text of Latin-1.
struct Array {
  std::string module = "numpy.core.multiarray", code = "f4", order = "<", encoding = "latin1";
  std::string shape = tuple({integer(2), integer(2)});
  std::string fortran = "\x89";
  std::string bytes;

  std::string pickled() const {
    const std::string type =
        called(global("numpy", "dtype"), {text(code), "\x89", "\x88"}) +
        tuple({integer(3), text(order), "N", "N", "N", integer(-1), integer(-1), integer(0)}) + "b";
    const std::string made = called(global(module, "_reconstruct"),
                                    {global("numpy", "ndarray"), tuple({integer(0)}), text("b")});
    const std::string data = called(global("_codecs", "encode"), {text(bytes), text(encoding)});
    return made + tuple({integer(1), shape, type, fortran, data}) + "b";
  }
};

/// Each byte as a character of UTF-8.
std::string latin(const std::string& bytes) {
  std::string characters;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      characters += c;
    } else {
      characters += static_cast<char>(0xc0 | byte >> 6);
      characters += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return characters;
}

std::string raw(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

class NumpyArray : public testing::Test {
 protected:
  WeightsFile open(const std::string& value) {
    const auto path = folder_ / "weights.pth";
    std::ofstream(path, std::ios::binary)
        << writer::torch_zip(writer::pickle(writer::dictionary({{"w", value}})), {});
    return WeightsFile::open(path);
  }

  std::string refusal(const Array& array) {
    try {
      const WeightsFile file = open(array.pickled());
      return file.unread().empty() ? "accepted" : file.unread().front().reason;
    } catch (const DataError& error) {
      return error.what();
    }
  }

  static std::vector<float> values(const StoredTensor& tensor) {
    std::vector<float> values(tensor.storage.size() / sizeof(float));
    std::memcpy(values.data(), tensor.storage.data(), tensor.storage.size());
    return values;
  }

  test::TemporaryFolder folder_;
};

TEST_F(NumpyArray, IsATensorOfTheFile) {
  // Negative numbers have bytes above 127, which are two characters.
  for (const char* module : {"numpy.core.multiarray", "numpy._core.multiarray"}) {
    const WeightsFile file =
        open(Array{.module = module, .bytes = latin(raw({1, -2, 3.5F, -4}))}.pickled());
    ASSERT_EQ(file.tensors().size(), 1U);
    const StoredTensor& tensor = file.tensors().front();
    EXPECT_EQ(tensor.name, "w");
    EXPECT_EQ(tensor.type, ElementType::float32);
    EXPECT_THAT(tensor.shape, ElementsAre(2, 2));
    EXPECT_THAT(tensor.strides, ElementsAre(2, 1));
    EXPECT_THAT(values(tensor), ElementsAre(1, -2, 3.5F, -4));
    EXPECT_EQ(file.values(), "{}");
  }
  const WeightsFile columns =
      open(Array{.fortran = "\x88", .bytes = latin(raw({1, 2, 3, 4}))}.pickled());
  EXPECT_THAT(columns.tensors().front().strides, ElementsAre(1, 2));
}

TEST_F(NumpyArray, OfProtocol5PointsIntoThePickle) {
  const std::string data = raw({1, -2});
  const std::string type =
      called(global("numpy", "dtype"), {text("f4"), "\x89", "\x88"}) +
      tuple({integer(3), text("<"), "N", "N", "N", integer(-1), integer(-1), integer(0)}) + "b";
  const WeightsFile file = open(called(
      global("numpy.core.numeric", "_frombuffer"),
      {"\x96" + writer::number(data.size(), 8) + data, type, tuple({integer(2)}), text("C")}));
  ASSERT_EQ(file.tensors().size(), 1U);
  EXPECT_THAT(values(file.tensors().front()), ElementsAre(1, -2));
}

TEST_F(NumpyArray, IsReadOnceHoweverOftenItIsUsed) {
  const std::string shared = Array{.bytes = latin(raw({1, -2, 3, 4}))}.pickled() + "q\x07" + "0";
  const WeightsFile file = open(shared + tuple({"h\x07", "h\x07"}));
  ASSERT_EQ(file.tensors().size(), 2U);
  EXPECT_EQ(file.tensors()[0].storage.data(), file.tensors()[1].storage.data());
}

TEST_F(NumpyArray, ThatCannotBeReadSaysWhy) {
  const std::string bytes = latin(raw({1, 2, 3, 4}));
  EXPECT_THAT(refusal({.order = ">", .bytes = bytes}), HasSubstr("big-endian"));
  EXPECT_THAT(refusal({.code = "O8", .bytes = bytes}), HasSubstr("type \"O8\""));
  EXPECT_THAT(refusal({.bytes = bytes + "x"}), HasSubstr("17 bytes"));
  EXPECT_THAT(refusal({.bytes = "\xe2\x82\xac"}), HasSubstr("Latin-1"));
  EXPECT_THAT(refusal({.encoding = "rot13", .bytes = bytes}), HasSubstr("another encoding"));
  EXPECT_THAT(refusal({.shape = tuple({integer(-2), integer(2)}), .bytes = bytes}),
              HasSubstr("no whole number"));
  EXPECT_THAT(refusal({.shape = tuple({integer(1 << 30), integer(1 << 30), integer(1 << 30)}),
                       .bytes = bytes}),
              HasSubstr("16 bytes"));
}

}  // namespace
}  // namespace dbot::formats
