#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/formats/safetensors/safetensors_json.h"
#include "dbot/formats/torch/torch_content.h"
#include "dbot/formats/torch/torch_globals.h"

namespace dbot::formats {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The folder inside the archive; it has the name of the file that was once written, with a slash.
std::string find_folder(const ZipFile& zip) {
  constexpr std::string_view kData = "data.pkl";
  std::string folder;
  for (const std::string_view name : zip.names()) {
    const bool inside = name.ends_with(kData) && name.find('/') == name.size() - kData.size() - 1;
    if (!inside) continue;
    if (!folder.empty()) {
      throw DataError({.fault = Fault::corrupt, .reason = "it has two data.pkl, expected one"});
    }
    folder = name.substr(0, name.size() - kData.size());
  }
  if (folder.empty()) {
    throw DataError(
        {.fault = Fault::missing,
         .reason = "it is a zip file without NAME/data.pkl, so not one that torch.save wrote",
         .way_out = "if weights are packed in it, unpack them first"});
  }
  return folder;
}

void check_byte_order(const ZipFile& zip, const std::string& folder) {
  const std::string name = folder + "byteorder";
  if (!zip.contains(name)) return;
  const std::string_view order = text_of(zip.content(name).bytes);
  if (order != "little") {
    throw DataError(
        {.fault = Fault::unsupported,
         .reason = fmt::format("its byte order is {}, expected \"little\"", printable(order))});
  }
}

}  // namespace

TorchContent read_torch_zip(std::span<const std::byte> bytes) {
  const ZipFile zip = ZipFile::read(bytes);
  const std::string folder = find_folder(zip);
  check_byte_order(zip, folder);
  TorchContent content;
  const bool script = zip.contains(folder + "constants.pkl");
  content.container = script ? WeightsContainer::torch_script : WeightsContainer::torch_zip;
  const ZipContent pickle = zip.content(folder + "data.pkl");
  check_content(pickle, "data.pkl");
  content.document =
      read_pickle(pickle.bytes, script ? is_torch_script_global : is_checkpoint_global);
  const std::string storages = folder + "data/";
  for (const std::string_view name : zip.names()) {
    if (name.starts_with(storages)) {
      content.storages.emplace(name.substr(storages.size()), zip.content(name));
    }
  }
  return content;
}

}  // namespace dbot::formats
