#include "dbot/formats/event_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "dbot/core/files/system_calls.h"
#include "dbot/formats/protobuf_writer.h"

namespace dbot::formats {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::string_view kVersion = "brain.Event:2";

// Field numbers of Event, Summary, Summary.Value and SessionLog.
namespace event {
constexpr int wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7;
}
namespace value {
constexpr int tag = 1, simple_value = 2;
}
constexpr int kSummaryValue = 1;
constexpr int kStatus = 1;
constexpr std::uint64_t kStart = 1;
constexpr std::int64_t kLastSecond = 9'999'999'999;  // ten digits

constexpr std::array<std::uint32_t, 256> crc_table() {
  constexpr std::uint32_t polynomial = 0x82F63B78;  // Castagnoli's, bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    table[byte] = crc;
  }
  return table;
}

std::string little_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i));
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
  writer.fixed64(event::wall_time, wall_time);
  if (step != 0) writer.varint(event::step, static_cast<std::uint64_t>(step));
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
  static constexpr std::array<std::uint32_t, 256> table = crc_table();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes)
    crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
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
  head.text(event::file_version, kVersion);
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
  event.text(event::session_log, log.bytes());
  write(event.bytes());
}

void EventFile::add(std::int64_t step, double wall_time, const std::vector<EventScalar>& scalars) {
  ProtobufWriter summary;
  for (const EventScalar& scalar : scalars) {
    ProtobufWriter one;
    one.text(value::tag, scalar.tag);
    one.fixed32(value::simple_value, scalar.value);
    summary.text(kSummaryValue, one.bytes());
  }
  ProtobufWriter event = event_at(step, wall_time);
  event.text(event::summary, summary.bytes());
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
