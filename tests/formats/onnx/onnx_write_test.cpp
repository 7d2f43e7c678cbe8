#include "dbot/formats/onnx/onnx_write.h"

#include <gmock/gmock.h>

#include <span>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/formats/onnx/onnx_messages.h"
#include "tests/core/temporary_folder.h"
#include "tests/formats/bytes.h"

namespace dbot::formats {
namespace {

using test::TemporaryFolder;
using test_bytes::bytes;
using testing::HasSubstr;
using testing::Not;

/// `count` bytes of `value`.
OnnxConstant filled(const std::string& name, std::int64_t count, char value) {
  return {name, OnnxType::uint8, {count}, [=](const core::WriteBytes& write) {
            const std::string text(static_cast<std::size_t>(count), value);
            write(std::as_bytes(std::span(text)));
          }};
}

OnnxModel small_model() {
  OnnxModel model;
  model.name = "g";
  model.producer = "p";
  model.producer_version = "1";
  model.nodes.push_back({"Add", "n", {"x", "w"}, {"y"}, {{"axis", std::int64_t{-1}}}});
  model.constants.push_back(filled("w", 2, 'A'));
  model.inputs.push_back({"x", OnnxType::uint8, {"b", std::int64_t{2}}});
  model.outputs.push_back({"y", OnnxType::uint8, {"b", std::int64_t{2}}});
  model.metadata["k"] = "v";
  return model;
}

TEST(OnnxWrite, AConstantIsATensorOfTheStandard) {
  // Fields 1 (extent), 2 (type), 8 (name) and 9 (raw data, whose two bytes follow).
  EXPECT_EQ(onnx_constant_head(filled("w", 2, 'A')),
            bytes({0x08, 2, 0x10, 2, 0x42, 1, 'w', 0x4A, 2}));
}

TEST(OnnxWrite, AnInputHasNamedAndFixedExtents) {
  OnnxModel model;
  model.inputs.push_back({"x", OnnxType::float32, {"b", std::int64_t{3}}});
  // Name, then type: a tensor of floats with the dimensions "b" (field 2) and 3 (field 1).
  const std::string dimensions = bytes({0x0A, 3, 0x12, 1, 'b', 0x0A, 2, 0x08, 3});
  const std::string tensor = bytes({0x08, 1, 0x12, 9}) + dimensions;
  const std::string type = bytes({0x0A, 13}) + tensor;
  const std::string value = bytes({0x0A, 1, 'x', 0x12, 15}) + type;
  EXPECT_THAT(onnx_graph(model), HasSubstr(bytes({0x5A, 20}) + value));
}

TEST(OnnxWrite, AttributesSayTheirType) {
  OnnxModel model;
  model.nodes.push_back({"Op", "", {}, {}, {{"a", 1.0F}, {"b", std::string("t")}}});
  const std::string number = bytes({0x0A, 1, 'a', 0x15, 0, 0, 0x80, 0x3F, 0xA0, 1, 1});
  const std::string text = bytes({0x0A, 1, 'b', 0x22, 1, 't', 0xA0, 1, 3});
  EXPECT_THAT(onnx_graph(model), HasSubstr(bytes({0x2A, 11}) + number + bytes({0x2A, 9}) + text));
}

TEST(OnnxWrite, TheFileIsTheHeadTheGraphAndItsConstants) {
  const TemporaryFolder folder;
  const OnnxModel model = small_model();
  const OnnxFiles files = write_onnx(folder / "m.onnx", model);
  const std::string graph = onnx_graph(model);
  const std::string constant = onnx_constant_head(model.constants[0]) + "AA";
  const std::string text = bytes({0x2A, static_cast<int>(constant.size())}) + constant;
  const std::string all = core::read_text_file(folder / "m.onnx");
  EXPECT_EQ(all, onnx_model_head(model) +
                     bytes({0x3A, static_cast<int>(graph.size() + text.size())}) + graph + text);
  EXPECT_EQ(files.bytes, all.size());
  EXPECT_TRUE(files.data.empty());
}

TEST(OnnxWrite, LargeConstantsGoIntoASecondFileAtPages) {
  const TemporaryFolder folder;
  OnnxModel model = small_model();
  model.constants.push_back(filled("first", 5000, 'B'));
  model.constants.push_back(filled("second", 2000, 'C'));
  const OnnxFiles files = write_onnx(folder / "m.onnx", model, /*data_above=*/6000);
  EXPECT_EQ(files.data, folder / "m.onnx.data");
  const std::string data = core::read_text_file(files.data);
  EXPECT_EQ(data, std::string(5000, 'B') + std::string(8192 - 5000, '\0') + std::string(2000, 'C'));
  const std::string graph = core::read_text_file(files.model);
  EXPECT_THAT(graph, HasSubstr("AA"));
  EXPECT_THAT(graph, Not(HasSubstr("BB")));
  EXPECT_THAT(graph, HasSubstr("m.onnx.data"));
  EXPECT_THAT(graph, HasSubstr("8192"));
  EXPECT_EQ(files.bytes, data.size() + graph.size());
}

TEST(OnnxWrite, AConstantOfTheWrongSizeLeavesTheOldFile) {
  const TemporaryFolder folder;
  core::write_file_atomically(folder / "m.onnx", "old");
  OnnxModel model = small_model();
  model.constants[0].shape = {3};
  try {
    write_onnx(folder / "m.onnx", model);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("w gave 2 bytes, expected 3"));
  }
  EXPECT_EQ(core::read_text_file(folder / "m.onnx"), "old");
}

}  // namespace
}  // namespace dbot::formats
