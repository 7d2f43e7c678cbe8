// Progress and stops of an export, in every format.
#include <gmock/gmock.h>

#include <map>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/export/export_network.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;
using testing::Gt;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<ExportOptions> every_export(const fs::path& folder) {
  return {{.out = folder / "w.safetensors", .format = ExportFormat::safetensors},
          {.out = folder / "w.pth", .format = ExportFormat::pth},
          {.out = folder / "timm.safetensors", .format = ExportFormat::timm},
          {.out = folder / "timm.pth", .format = ExportFormat::timm},
          {.out = folder / "mae.pth", .format = ExportFormat::mae},
          {.out = folder / "dbot.pth", .format = ExportFormat::dbot},
          {.out = folder / "hf", .format = ExportFormat::huggingface},
          {.out = folder / "hf-mae", .format = ExportFormat::huggingface_mae},
          {.out = folder / "vit.onnx", .format = ExportFormat::onnx},
          {.out = folder / "parts.onnx", .format = ExportFormat::onnx, .external_data = true}};
}

/// Name and content of all that is in a folder.
std::map<std::string, std::string> content_of(const fs::path& folder) {
  std::map<std::string, std::string> content;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    content[entry.path().string()] =
        entry.is_directory() ? "folder" : core::read_text_file(entry.path());
  }
  return content;
}

/// Asks for a stop when it is told for the first time.
void stop_inside(const NetworkWeights& network, const ExportOptions& options) {
  core::StopRequest stop;
  EXPECT_THROW(
      export_network(network, options, stop, [&](const core::PassProgress&) { stop.request(); }),
      Stopped)
      << options.out;
}

TEST(ExportNetwork, TellsOfAllBytesInEveryFormat) {
  const test::TemporaryFolder folder;
  for (const ExportOptions& options : every_export(folder.path())) {
    std::vector<std::int64_t> done{-1};
    std::int64_t total = 0;
    export_network(small_network(), options, {}, [&](const core::PassProgress& now) {
      EXPECT_EQ(now.counted, core::Counted::bytes);
      EXPECT_THAT(now.done, Gt(done.back())) << options.out;
      done.push_back(now.done);
      total = now.total;
    });
    EXPECT_THAT(done, SizeIs(Gt(3U))) << options.out;
    EXPECT_EQ(done.back(), total) << options.out;
    EXPECT_GT(total, 10000);
  }
}

TEST(ExportNetwork, AStopLeavesNothing) {
  const test::TemporaryFolder folder;
  for (const ExportOptions& options : every_export(folder.path())) {
    stop_inside(small_network(), options);
    core::StopRequest before;
    before.request();
    EXPECT_THROW(export_network(small_network(), options, before), Stopped) << options.out;
    EXPECT_THAT(content_of(folder.path()), IsEmpty()) << options.out;
  }
}

TEST(ExportNetwork, AStopLeavesWhatWasToBeReplaced) {
  const test::TemporaryFolder folder;
  NetworkWeights other = small_network();
  for (auto& [name, tensor] : other.parameters) tensor = tensor.add(1);
  for (const ExportOptions& options : every_export(folder.path())) {
    export_network(small_network(), options);
    const auto before = content_of(folder.path());
    stop_inside(other, options);
    EXPECT_TRUE(content_of(folder.path()) == before) << options.out;
  }
}

}  // namespace
}  // namespace dbot::exchange
