#include "dbot/data/sources/binary/cifar_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr int kCifarSide = 32;
constexpr std::size_t kCifarPlane = std::size_t{kCifarSide} * kCifarSide;
constexpr CifarFormat kCifar10{1, 10}, kCifar100{2, 100};

std::uint64_t record_bytes(const CifarFormat& format) {
  return static_cast<std::uint64_t>(format.label_bytes) + 3 * kCifarPlane;
}

bool is_cifar10_name(const std::string& name) {
  return name == "test_batch.bin" || (name.starts_with("data_batch_") && name.ends_with(".bin"));
}

CifarFormat format_of(const std::vector<std::vector<fs::path>>& parts) {
  const bool ten = is_cifar10_name(parts.front().front().filename().string());
  for (const auto& part : parts) {
    for (const auto& file : part) {
      if (is_cifar10_name(file.filename().string()) == ten) continue;
      throw DataError({.operation = "data",
                       .subject = parts.front().front().string(),
                       .fault = Fault::mismatch,
                       .reason = fmt::format("and {} are of CIFAR-10 and CIFAR-100", file.string()),
                       .way_out = "keep each in a folder of its own"});
    }
  }
  return ten ? kCifar10 : kCifar100;
}

/// One a line; the numbers unless there are as many as classes.
std::vector<std::string> cifar_classes(const fs::path& folder, const CifarFormat& format) {
  std::ifstream file(folder / (format.classes == 10 ? "batches.meta.txt" : "fine_label_names.txt"));
  std::vector<std::string> names;
  for (std::string line; names.size() < 1000 && std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (names.size() == static_cast<std::size_t>(format.classes)) return names;
  names.clear();
  for (int i = 0; i < format.classes; ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace

CifarDataset::CifarDataset(std::vector<fs::path> files, CifarFormat format,
                           std::vector<std::string> classes)
    : files_(std::move(files)), format_(format), classes_(std::move(classes)) {
  for (std::size_t i = 0; i < files_.count(); ++i) {
    if (files_.size(i) == 0 || files_.size(i) % record_bytes(format_) != 0) {
      throw data_error(files_.path(i).string(), Fault::corrupt,
                       fmt::format("has {} bytes, expected images of {} bytes each", files_.size(i),
                                   record_bytes(format_)));
    }
    read_labels(i);
    ends_.push_back(size());
  }
}

void CifarDataset::read_labels(std::size_t file) {
  const auto count = files_.size(file) / record_bytes(format_);
  for (std::uint64_t record = 0; record < count; ++record) {
    std::uint8_t label = 0;
    files_.read(file, (record + 1) * record_bytes(format_) - 3 * kCifarPlane - 1, {&label, 1});
    if (label >= format_.classes) {
      throw data_error(files_.path(file).string(), Fault::corrupt,
                       fmt::format("image {} has label {}, expected 0 to {}", record, label,
                                   format_.classes - 1));
    }
    labels_.push_back(label);
  }
}

CifarDataset::Place CifarDataset::place_of(std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw data_error(files_.path(0).string(), Fault::other,
                     fmt::format("has no image {} of {}", index, size()));
  }
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
  const auto file = static_cast<std::size_t>(end - ends_.begin());
  return {file, file == 0 ? index : index - ends_[file - 1]};
}

void CifarDataset::read(std::int64_t index, Sample& sample) const {
  const Place place = place_of(index);
  sample.begin(name(index));
  std::array<std::uint8_t, 3 * kCifarPlane> planes;
  files_.read(place.file,
              static_cast<std::uint64_t>(place.record + 1) * record_bytes(format_) - planes.size(),
              planes);
  constexpr std::array<std::int64_t, 3> kShape{kCifarSide, kCifarSide, 3};
  const auto pixels = sample.add(kImagePart).own_values(c10::ScalarType::Byte, kShape);
  for (std::size_t i = 0; i < kCifarPlane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) pixels[3 * i + c] = planes[c * kCifarPlane + i];
  }
}

std::int64_t CifarDataset::label(std::int64_t index) const {
  return labels_.at(static_cast<std::size_t>(index));
}

std::string CifarDataset::name(std::int64_t index) const {
  const Place place = place_of(index);
  return fmt::format("{}[{}]", files_.path(place.file).string(), place.record);
}

std::string CifarDataset::key(std::int64_t index) const {
  const Place place = place_of(index);
  return fmt::format("{}[{}]", files_.path(place.file).filename().string(), place.record);
}

bool is_cifar_name(const fs::path& path) {
  const std::string name = path.filename().string();
  if (is_cifar10_name(name)) return true;
  if (name != "train.bin" && name != "test.bin") return false;
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  return !error && bytes > 0 && bytes % record_bytes(kCifar100) == 0;
}

std::vector<std::shared_ptr<const Dataset>> open_cifar(
    const std::vector<std::vector<fs::path>>& parts, const OpenContext&) {
  const CifarFormat format = format_of(parts);
  const auto classes = cifar_classes(parts.front().front().parent_path(), format);
  std::vector<std::shared_ptr<const Dataset>> datasets;
  datasets.reserve(parts.size());
  for (const auto& part : parts) {
    datasets.push_back(std::make_shared<CifarDataset>(part, format, classes));
  }
  return datasets;
}

}  // namespace dbot::data
