// The same networks under names that training programs and other tools gave them.
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include <fstream>

#include "dbot/exchange/import/weights_origin.h"
#include "dbot/exchange/names/plain_names.h"
#include "tests/exchange/import/import_fixture.h"

namespace dbot::exchange {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ForeignNames : public EncoderImport {
 protected:
  /// Each name changed by `change`.
  template <typename Change>
  runtime::NamedTensors renamed(Change&& change) const {
    runtime::NamedTensors result;
    for (const auto& [name, tensor] : official_) result[change(name)] = tensor;
    return result;
  }

  static std::string with(std::string name, const std::string& before, const std::string& part) {
    const auto place = name.find(before);
    if (place != std::string::npos) name.insert(place, part);
    return name;
  }
};

TEST_F(ForeignNames, OfWrappersStandAnywhere) {
  for (const std::string wrapper : {"_orig_mod.", "module.", "_fsdp_wrapped_module.",
                                    "_checkpoint_wrapped_module.", "_fpw_module._orig_mod."}) {
    for (const std::string prefix : {"", "teacher.backbone.", "model."}) {
      SCOPED_TRACE(prefix + wrapper);
      expect_whole(import(
          renamed([&](const std::string& name) { return prefix + with(name, "norm1", wrapper); })));
      expect_whole(import(renamed([&](const std::string& name) {
        return prefix + wrapper + with(with(name, "attn.", wrapper), "qkv", wrapper);
      })));
      expect_whole(import(renamed(
          [&](const std::string& name) { return prefix + with(name, "proj.weight", wrapper); })));
    }
  }
}

TEST_F(ForeignNames, OfOneTensorTwiceAreRefused) {
  runtime::NamedTensors tensors = official_;
  tensors["blocks.0._orig_mod.norm1.weight"] = at::ones({16});
  EXPECT_THAT(refusal(tensors), HasSubstr("under two names"));
}

TEST_F(ForeignNames, AKeyMayLeaveWrappersOut) {
  runtime::NamedTensors tensors = below("student._orig_mod.backbone.", official_);
  tensors.merge(below("teacher._orig_mod.backbone.", official_));
  for (const char* key : {"student", "student.backbone", "student._orig_mod.backbone"}) {
    hints_.key = key;
    EXPECT_EQ(import(tensors).report.key, "student._orig_mod.backbone");
  }
}

TEST_F(ForeignNames, OfBlocksInChunksCountThroughOrInEach) {
  const auto chunked = [&](auto&& place) {
    return renamed([&](const std::string& name) {
      if (!name.starts_with("blocks.")) return name;
      return "blocks." + place(name.substr(7, 1)) + name.substr(8);
    });
  };
  for (const std::string wrapper : {"", "_fsdp_wrapped_module."}) {
    expect_whole(import(chunked([&](const std::string& n) { return n + "." + wrapper + n; })));
    expect_whole(import(chunked([&](const std::string& n) { return "0." + wrapper + n; })));
    expect_whole(import(chunked([&](const std::string& n) { return n + "." + wrapper + "0"; })));
  }
}

TEST(PlainNames, NumberBlocksOfAnyCount) {
  std::vector<std::string> names;
  for (int i = 0; i < 24; ++i) {
    names.push_back("blocks." + std::to_string(i / 6) + "." + std::to_string(i) + ".norm1.weight");
  }
  number_blocks(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(names[i], "blocks." + std::to_string(i) + ".norm1.weight");
  }
  std::vector<std::string> gap{"blocks.0.0.norm1.weight", "blocks.1.2.norm1.weight"};
  const auto before = gap;
  number_blocks(gap);
  EXPECT_EQ(gap, before);
}

TEST_F(ForeignNames, OfHuggingFacesDinov2AreRead) {
  description_.config.layer_scale = 0.1;
  official_ = drawn(description_.config);
  for (const char* prefix : {"", "dinov2."}) {
    runtime::NamedTensors tensors =
        below(prefix, from_official(official_, NameStyle::hugging_face_dinov2).tensors);
    tensors[std::string(prefix) + "embeddings.mask_token"] = at::ones({1, 16});
    EXPECT_TRUE(tensors.contains(std::string(prefix) + "encoder.layer.0.layer_scale1.lambda1"));
    ImportedEncoder imported = import(tensors);
    expect_whole(imported);
    EXPECT_EQ(imported.report.names, "Hugging Face DINOv2");
    EXPECT_THAT(imported.report.filled, IsEmpty());
    // Blocks where transformers 5 has them.
    runtime::NamedTensors current;
    for (const auto& [name, tensor] : tensors) {
      std::string other = name;
      const auto place = other.find("encoder.layer.");
      if (place != std::string::npos) other.replace(place, 14, "layers.");
      current[other] = tensor;
    }
    expect_whole(import(current));
  }
}

TEST_F(ForeignNames, TeachersComeBeforeTheirStudents) {
  for (const auto& [teacher, student] : {std::pair{"teacher_embedding_model.wrapped_model._model.",
                                                   "student_embedding_model.wrapped_model._model."},
                                         std::pair{"teacher.", "student."}}) {
    runtime::NamedTensors tensors = below(student, official_);
    tensors.merge(below(teacher, official_));
    const ImportReport report = import(tensors).report;
    EXPECT_EQ(report.key + ".", teacher);
    EXPECT_EQ(report.other_keys.front() + ".", student);
  }
}

TEST_F(ForeignNames, OurOwnStateDictAsksForNothing) {
  // Heads that the width does not tell, a size that is no square.
  description_.config.image_size = {8, 12};
  official_ = drawn(description_.config);
  for (const char* root : {"", "model"}) {
    write_pth_file(path_, official_, root, {{kEncoderConfigKey, to_json(description_)}});
    const ImportedEncoder imported = import_encoder(path_);
    expect_whole(imported);
    EXPECT_EQ(imported.encoder.description.mean, description_.mean);
    EXPECT_TRUE(imported.encoder.own);
  }
}

TEST_F(ForeignNames, OriginsAreHashAndLicence) {
  path_ = folder_ / "model.safetensors";
  write_tensor_file(path_, official_, {});
  ASSERT_EQ(read_origins(path_).size(), 1U);
  EXPECT_EQ(read_origins(path_)[0].licence, "");
  EXPECT_EQ(read_origins(path_)[0].sha256.size(), 64U);
  std::ofstream(folder_ / "README.md") << "---\ntags:\n- x\nlicense: \"cc-by-4.0\"  # free\n---\n";
  EXPECT_EQ(read_origins(path_)[0].licence, "cc-by-4.0");
  std::ofstream(folder_ / "config.json") << R"({"pretrained_cfg": {"license": "apache-2.0"}})";
  EXPECT_EQ(read_origins(path_)[0].licence, "apache-2.0");
  write_tensor_file(path_, official_, {{"license", "mit"}});
  EXPECT_EQ(read_origins(path_)[0].licence, "mit");

  description_.origins = read_origins(path_);
  const auto kept = description_from_json(to_json(description_), "test").origins;
  EXPECT_EQ(kept, description_.origins);
  EXPECT_EQ(origins_of(path_, description_), description_.origins);
  EXPECT_THAT(to_json(small_description()), testing::Not(HasSubstr("sources")));
}

}  // namespace
}  // namespace dbot::exchange
