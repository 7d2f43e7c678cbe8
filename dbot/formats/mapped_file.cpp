#include "dbot/formats/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/file_descriptor.h"

namespace dbot::formats {
namespace {

[[noreturn]] void fail(const char* what) {
  throw DataError({.fault = errno == ENOENT ? Fault::missing : Fault::unreadable,
                   .reason = what + (": " + std::system_category().message(errno))});
}

}  // namespace

MappedFile MappedFile::open(const std::filesystem::path& path) {
  // Without O_NONBLOCK a pipe would wait for its writer.
  const core::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) fail("cannot open it");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("cannot inspect it");
  if (!S_ISREG(status.st_mode)) {
    throw DataError({.fault = Fault::unsupported, .reason = "it is not a regular file"});
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  MappedFile result;
  if (size == 0) return result;  // mmap refuses an empty file
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) fail("cannot map it");
  result.bytes_ = {static_cast<const std::byte*>(start), size};
  return result;
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace dbot::formats
