#include "dbot/formats/torch/zip_write.h"

#include <zlib.h>

#include "dbot/core/files/files.h"
#include "dbot/formats/little_endian.h"

namespace dbot::formats {
namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint16_t kZipVersion = 20;     // stored files in folders
constexpr std::uint16_t kZipVersion64 = 45;   // 64-bit records
constexpr std::uint16_t kUtf8Names = 0x0800;  // a flag
constexpr std::uint16_t kStored = 0;
constexpr std::uint32_t kFirstDay = 0x0021;  // 1980-01-01, the first date there is
constexpr std::uint16_t kPadding = 0x4246;   // extra field that readers skip
constexpr std::uint16_t kWide = 0x0001;      // extra field of 64-bit numbers

/// Numbers as the format writes them: little-endian.
class Record {
 public:
  Record& u16(std::uint64_t value) { return number(value, 2); }
  Record& u32(std::uint64_t value) { return number(value, 4); }
  Record& u64(std::uint64_t value) { return number(value, 8); }
  Record& text(const std::string& value) {
    bytes_ += value;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Record& number(std::uint64_t value, int size) {
    append_little_endian(bytes_, value, size);
    return *this;
  }

  std::string bytes_;
};

struct Member {
  const ZipEntry* entry = nullptr;
  std::uint64_t size = 0, offset = 0;
  std::uint32_t checksum = 0;
};

std::uint32_t checksum_of(const ZipEntry& entry) {
  uLong checksum = crc32_z(0, nullptr, 0);
  for (const auto piece : entry.pieces) {
    checksum = crc32_z(checksum, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
  }
  return static_cast<std::uint32_t>(checksum);
}

class Archive {
 public:
  Archive(const core::WriteBytes& write, std::uint64_t largest)
      : write_(write), largest_(largest) {}

  void add(const ZipEntry& entry) {
    const Member member{&entry, entry.bytes(), position_, checksum_of(entry)};
    put(local_header(member));
    for (const auto piece : entry.pieces) {
      write_(piece);
      position_ += piece.size();
    }
    members_.push_back(member);
  }

  std::uint64_t finish() {
    const std::uint64_t begin = position_;
    for (const Member& member : members_) put(directory_record(member));
    put(end_records(begin, position_ - begin));
    return position_;
  }

 private:
  bool wide(std::uint64_t number) const { return number > largest_; }
  std::uint64_t narrow(std::uint64_t number) const {
    return wide(number) ? kLargestZipNumber : number;
  }

  void put(const Record& record) {
    write_(std::as_bytes(std::span(record.bytes())));
    position_ += record.bytes().size();
  }

  Record numbers(const Member& member) const {
    Record record;
    record.u16(wide(member.size) || wide(member.offset) ? kZipVersion64 : kZipVersion);
    record.u16(kUtf8Names).u16(kStored).u32(kFirstDay << 16).u32(member.checksum);
    record.u32(narrow(member.size)).u32(narrow(member.size));
    return record.u16(member.entry->name.size());
  }

  /// Ends in padding, so that the file's bytes begin at a multiple of the alignment.
  Record local_header(const Member& member) const {
    constexpr std::uint64_t kFixed = 30, kFieldHead = 4;
    Record extra;
    if (wide(member.size)) extra.u16(kWide).u16(16).u64(member.size).u64(member.size);
    const std::uint64_t before =
        position_ + kFixed + member.entry->name.size() + extra.bytes().size() + kFieldHead;
    const std::uint64_t padding = (kAlignment - before % kAlignment) % kAlignment;
    extra.u16(kPadding).u16(padding).text(std::string(padding, 'Z'));
    Record record;
    record.u32(0x04034B50).text(numbers(member).bytes()).u16(extra.bytes().size());
    return record.text(member.entry->name).text(extra.bytes());
  }

  Record directory_record(const Member& member) const {
    Record values;
    if (wide(member.size)) values.u64(member.size).u64(member.size);
    if (wide(member.offset)) values.u64(member.offset);
    Record extra;
    if (!values.bytes().empty()) {
      extra.u16(kWide).u16(values.bytes().size()).text(values.bytes());
    }
    Record record;
    record.u32(0x02014B50).u16(kZipVersion64).text(numbers(member).bytes());
    record.u16(extra.bytes().size()).u16(0).u16(0).u16(0).u32(0).u32(narrow(member.offset));
    return record.text(member.entry->name).text(extra.bytes());
  }

  Record end_records(std::uint64_t begin, std::uint64_t size) const {
    constexpr std::uint64_t kMostMembers = 0xFFFF;
    const std::uint64_t count = members_.size();
    const bool many = count >= kMostMembers;
    Record record;
    if (wide(begin) || wide(size) || many) {
      record.u32(0x06064B50).u64(44).u16(kZipVersion64).u16(kZipVersion64).u32(0).u32(0);
      record.u64(count).u64(count).u64(size).u64(begin);
      record.u32(0x07064B50).u32(0).u64(begin + size).u32(1);
    }
    const std::uint64_t shown = many ? kMostMembers : count;
    record.u32(0x06054B50).u16(0).u16(0).u16(shown).u16(shown);
    return record.u32(narrow(size)).u32(narrow(begin)).u16(0);
  }

  const core::WriteBytes& write_;
  std::uint64_t largest_;
  std::uint64_t position_ = 0;
  std::vector<Member> members_;
};

}  // namespace

std::uint64_t ZipEntry::bytes() const {
  std::uint64_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  return size;
}

std::uint64_t write_zip(const std::filesystem::path& path, const std::vector<ZipEntry>& entries,
                        std::uint64_t largest_number, const core::OnWritten& written) {
  std::uint64_t size = 0;
  core::write_file_atomically(path, [&](const core::WriteBytes& write) {
    const core::WriteBytes told = core::told_writing(write, written);
    Archive archive(told, largest_number);
    for (const ZipEntry& entry : entries) archive.add(entry);
    size = archive.finish();
  });
  return size;
}

}  // namespace dbot::formats
