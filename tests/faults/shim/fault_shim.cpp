// The functions of the C library through which dbot changes files, with the plan's faults in them.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "tests/faults/shim/fault_plan.h"

namespace {

using dbot::faults::Fate;
using dbot::faults::is_watched;
using dbot::faults::next_fate;
using dbot::faults::Operation;

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// What we know of a file descriptor: nothing, a folder or file under the root, one for writing.
enum Kind : char { unknown, known, written };
std::array<std::atomic<char>, 4096> kinds;

Kind kind_of(int file) {
  return file >= 0 && file < static_cast<int>(kinds.size())
             ? static_cast<Kind>(kinds[static_cast<std::size_t>(file)].load())
             : unknown;
}

void remember(int file, Kind kind) {
  if (file >= 0 && file < static_cast<int>(kinds.size())) {
    kinds[static_cast<std::size_t>(file)] = kind;
  }
}

bool watched_at(int folder, const char* path) {
  return path && path[0] == '/' ? is_watched(path) : kind_of(folder) != unknown;
}

/// True if the call is to fail with errno. A signal is sent; if the process survives it goes on.
bool suffers(Operation operation) {
  const Fate fate = next_fate(operation);
  if (fate.kind == Fate::Kind::signal) raise(fate.value);
  if (fate.kind != Fate::Kind::error) return false;
  // No call is interrupted that cannot be.
  const bool slow = operation == Operation::open || operation == Operation::write ||
                    operation == Operation::sync || operation == Operation::truncate ||
                    operation == Operation::close || operation == Operation::lock;
  if (fate.value == EINTR && !slow) return false;
  errno = fate.value;
  return true;
}

template <typename Call>
int opened(bool is_ours, int flags, Call call) {
  const bool writes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
  if (is_ours && writes && suffers(Operation::open)) return -1;
  const int file = call();
  remember(file, is_ours ? (writes ? written : known) : unknown);
  return file;
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

/// The wall clock as the environment wants it: each look at it is a year on or back.
void spoil(time_t& seconds) {
  static const bool jumps = std::getenv("DBOT_FAULTS_CLOCK") != nullptr;
  static std::atomic<int> looks{0};
  if (!jumps) return;
  constexpr time_t year = time_t{365} * 24 * 3600;
  seconds += ++looks % 2 == 0 ? year : -year;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static auto* const call = real<int(const char*, int, ...)>("open");
  return opened(is_watched(path), flags, [&] { return call(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static auto* const call = real<int(const char*, int, ...)>("open64");
  return opened(is_watched(path), flags, [&] { return call(path, flags, mode); });
}

int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static auto* const call = real<int(int, const char*, int, ...)>("openat");
  return opened(watched_at(folder, path), flags, [&] { return call(folder, path, flags, mode); });
}

ssize_t write(int file, const void* bytes, size_t count) {
  static auto* const call = real<ssize_t(int, const void*, size_t)>("write");
  if (kind_of(file) != written) return call(file, bytes, count);
  const Fate fate = next_fate(Operation::write);
  if (fate.kind == Fate::Kind::error) {
    errno = fate.value;
    return -1;
  }
  if (fate.kind == Fate::Kind::shortened && count > 1) return call(file, bytes, (count + 2) / 3);
  if (fate.kind == Fate::Kind::signal) {
    const ssize_t done = call(file, bytes, (count + 1) / 2);
    raise(fate.value);
    return done;
  }
  return call(file, bytes, count);
}

int fsync(int file) {
  static auto* const call = real<int(int)>("fsync");
  if (kind_of(file) != unknown && suffers(Operation::sync)) return -1;
  return call(file);
}

int close(int file) {
  static auto* const call = real<int(int)>("close");
  const bool is_ours = kind_of(file) == written;
  remember(file, unknown);
  const bool fails = is_ours && suffers(Operation::close);
  const int reason = errno;
  const int result = call(file);  // the system closes it in any case
  if (!fails) return result;
  errno = reason;
  return -1;
}

int rename(const char* from, const char* to) {
  static auto* const call = real<int(const char*, const char*)>("rename");
  if (is_watched(to) && suffers(Operation::rename)) return -1;
  return call(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  static auto* const call = real<int(int, const char*, int, const char*, unsigned)>("renameat2");
  if (watched_at(to_folder, to) && suffers(Operation::rename)) return -1;
  return call(from_folder, from, to_folder, to, flags);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const call = real<int(const char*, mode_t)>("mkdir");
  if (is_watched(path) && suffers(Operation::mkdir)) return -1;
  return call(path, mode);
}

int symlink(const char* target, const char* path) noexcept {
  static auto* const call = real<int(const char*, const char*)>("symlink");
  if (is_watched(path) && suffers(Operation::symlink)) return -1;
  return call(target, path);
}

int unlink(const char* path) noexcept {
  static auto* const call = real<int(const char*)>("unlink");
  if (is_watched(path) && suffers(Operation::remove)) return -1;
  return call(path);
}

int remove(const char* path) noexcept {
  static auto* const call = real<int(const char*)>("remove");
  if (is_watched(path) && suffers(Operation::remove)) return -1;
  return call(path);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  static auto* const call = real<int(int, const char*, int)>("unlinkat");
  if (watched_at(folder, path) && suffers(Operation::remove)) return -1;
  return call(folder, path, flags);
}

int truncate(const char* path, off_t length) noexcept {
  static auto* const call = real<int(const char*, off_t)>("truncate");
  if (is_watched(path) && suffers(Operation::truncate)) return -1;
  return call(path, length);
}

int ftruncate(int file, off_t length) noexcept {
  static auto* const call = real<int(int, off_t)>("ftruncate");
  if (kind_of(file) == written && suffers(Operation::truncate)) return -1;
  return call(file, length);
}

int flock(int file, int operation) noexcept {
  static auto* const call = real<int(int, int)>("flock");
  if (kind_of(file) == written && suffers(Operation::lock)) return -1;
  return call(file, operation);
}

int clock_gettime(clockid_t clock, struct timespec* time) noexcept {
  static auto* const call = real<int(clockid_t, struct timespec*)>("clock_gettime");
  const int result = call(clock, time);
  if (clock == CLOCK_REALTIME) spoil(time->tv_sec);
  return result;
}

time_t time(time_t* result) noexcept {
  static auto* const call = real<time_t(time_t*)>("time");
  time_t now = call(nullptr);
  spoil(now);
  if (result) *result = now;
  return now;
}
}
