#include "dbot/formats/event_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "dbot/core/files/system_calls.h"
#include "dbot/formats/little_endian.h"
#include "dbot/formats/protobuf_writer.h"

namespace dbot::formats {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::string_view kEventVersion = "brain.Event:2";

// Field numbers of Event, Summary, Summary.Value and SessionLog.
namespace event_field {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
namespace summary_value_field {
constexpr int kTag = 1, kSimpleValue = 2;
}
constexpr int kSummaryValue = 1;
constexpr int kStatus = 1;
constexpr std::uint64_t kStart = 1;
constexpr std::int64_t kLastSecond = 9'999'999'999;  // ten digits

constexpr std::array<std::uint32_t, 256> crc_table() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // Castagnoli's, bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}

std::string little_endian(std::uint64_t number, int bytes) {
  std::string text;
  append_little_endian(text, number, bytes);
  return text;
}

/// TFRecord stores checksums rotated and shifted, so that a checksum of data that holds checksums
/// stays a good one.
std::string masked_checksum(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian(((crc >> 15) | (crc << 17)) + 0xA282EAD8U, 4);
}

ProtobufWriter event_at(std::int64_t step, double wall_time) {
  ProtobufWriter writer;
  writer.fixed64(event_field::kWallTime, wall_time);
  if (step != 0) writer.varint(event_field::kStep, static_cast<std::uint64_t>(step));
  return writer;
}

/// The number of an event file's name; −1 for other names, and for numbers that no clock shows.
std::int64_t seconds_of(const std::string& name) {
  if (!name.starts_with(kPrefix)) return -1;
  std::int64_t seconds = -1;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), seconds);
  return seconds < kLastSecond ? seconds : -1;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes)
    crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

std::string framed_record(std::string_view data) {
  const std::string length = little_endian(data.size(), 8);
  return length + masked_checksum(length) + std::string(data) + masked_checksum(data);
}

EventFile::EventFile(const std::filesystem::path& path, double wall_time)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
  if (!file_.valid()) core::throw_system_error("create", path);
  ProtobufWriter head = event_at(0, wall_time);
  head.text(event_field::kFileVersion, kEventVersion);
  write(head.bytes());
}

void EventFile::write(const std::string& event) {
  const std::string record = framed_record(event);
  core::write_all(file_.get(), std::as_bytes(std::span(record)), path_);
}

void EventFile::restart(std::int64_t step, double wall_time) {
  ProtobufWriter log;
  log.varint(kStatus, kStart);
  ProtobufWriter event = event_at(step, wall_time);
  event.text(event_field::kSessionLog, log.bytes());
  write(event.bytes());
}

void EventFile::add(std::int64_t step, double wall_time, const std::vector<EventScalar>& scalars) {
  ProtobufWriter summary;
  for (const EventScalar& scalar : scalars) {
    ProtobufWriter one;
    one.text(summary_value_field::kTag, scalar.tag);
    one.fixed32(summary_value_field::kSimpleValue, scalar.value);
    summary.text(kSummaryValue, one.bytes());
  }
  ProtobufWriter event = event_at(step, wall_time);
  event.text(event_field::kSummary, summary.bytes());
  write(event.bytes());
}

std::filesystem::path next_event_path(const std::filesystem::path& folder, double wall_time) {
  auto seconds = static_cast<std::int64_t>(std::floor(wall_time));
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    seconds = std::max(seconds, seconds_of(entry->path().filename().string()) + 1);
  }
  return folder / fmt::format("{}{:010}.dbot", kPrefix, seconds);
}

}  // namespace dbot::formats
