#include "dbot/runtime/process_group/network.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/files/system_calls.h"

namespace dbot::runtime {
namespace {

/// An address and a port as the system takes them.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::string digits_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text.data(),
              text.size());
  } else {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text.data(),
              text.size());
  }
  return text.data();
}

SocketAddress socket_address(const std::string& digits, int port) {
  SocketAddress result;
  auto* four = reinterpret_cast<sockaddr_in*>(&result.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&result.storage);
  if (inet_pton(AF_INET, digits.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(static_cast<std::uint16_t>(port));
    result.size = sizeof(sockaddr_in);
  } else {
    inet_pton(AF_INET6, digits.c_str(), &six->sin6_addr);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(static_cast<std::uint16_t>(port));
    result.size = sizeof(sockaddr_in6);
  }
  return result;
}

core::FileDescriptor open_socket(const SocketAddress& address, int type) {
  core::FileDescriptor opened(socket(address.storage.ss_family, type | SOCK_CLOEXEC, 0));
  if (!opened.valid()) core::throw_system_error("open", "a socket");
  return opened;
}

[[noreturn]] void refuse_port(int port, int error) {
  throw UsageError(ErrorFields{
      .operation = "processes",
      .subject = fmt::format("port {}", port),
      .fault = error == EADDRINUSE ? Fault::occupied : Fault::unreadable,
      .reason = error == EADDRINUSE ? "is used by another program on this machine, expected a free "
                                      "one for the processes to meet"
                                    : fmt::format("cannot be listened at: {}", strerror(error)),
      .way_out = "set MASTER_PORT to another, the same for all processes"});
}

/// Interfaces of this machine that are up and lead elsewhere; IPv4.
std::string outward_address() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    const bool up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
    if (up && one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET) {
      return digits_text(one->ifa_addr);
    }
  }
  return {};
}

}  // namespace

std::string resolved_address(const std::string& host) {
  addrinfo* list = nullptr;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const int problem = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, [](addrinfo* one) {
    if (one != nullptr) freeaddrinfo(one);
  });
  const addrinfo* chosen = nullptr;
  for (const addrinfo* one = list; problem == 0 && one != nullptr; one = one->ai_next) {
    const bool better = chosen == nullptr || chosen->ai_family != AF_INET;
    if (better && (one->ai_family == AF_INET || one->ai_family == AF_INET6)) chosen = one;
  }
  if (chosen != nullptr) return digits_text(chosen->ai_addr);
  throw UsageError(
      ErrorFields{.operation = "processes",
                  .subject = fmt::format("the address \"{}\"", host),
                  .fault = Fault::missing,
                  .reason = fmt::format("is not known on {}: {}; expected the host of rank 0",
                                        own_host_name(), gai_strerror(problem)),
                  .way_out = "set MASTER_ADDR to a name or number that all hosts can reach"});
}

bool is_loopback(const std::string& digits) {
  return digits.starts_with("127.") || digits == "::1";
}

bool is_own_address(const std::string& digits) {
  const SocketAddress address = socket_address(digits, 0);
  const core::FileDescriptor trial = open_socket(address, SOCK_DGRAM);
  return bind(trial.get(), address.get(), address.size) == 0;
}

Listener listen_at(const std::string& digits, int port) {
  const bool six = digits.find(':') != std::string::npos;
  const std::string everywhere = six ? "::" : "0.0.0.0";
  SocketAddress address = socket_address(is_loopback(digits) ? digits : everywhere, port);
  Listener listener{.socket = open_socket(address, SOCK_STREAM), .port = port};
  const int yes = 1;
  setsockopt(listener.socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(listener.socket.get(), address.get(), address.size) != 0) refuse_port(port, errno);
  if (listen(listener.socket.get(), SOMAXCONN) != 0) refuse_port(port, errno);
  getsockname(listener.socket.get(), address.get(), &address.size);
  listener.port = ntohs(six ? reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port
                            : reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
  return listener;
}

void await_listener(const std::string& digits, int port, double seconds) {
  const SocketAddress address = socket_address(digits, port);
  const core::Stopwatch clock;
  int error = 0;
  do {
    // A new one each time: after a failure its state is not known.
    const core::FileDescriptor trial = open_socket(address, SOCK_STREAM);
    const timeval patience{.tv_sec = 1, .tv_usec = 0};  // also of connect (socket(7))
    setsockopt(trial.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(trial.get(), address.get(), address.size) == 0) return;
    error = errno;
    std::this_thread::sleep_for(std::chrono::milliseconds(clock.seconds() < 1 ? 20 : 200));
  } while (clock.seconds() < seconds);
  throw UsageError(ErrorFields{
      .operation = "processes",
      .subject = fmt::format("{} port {}", digits, port),
      .fault = Fault::missing,
      .reason = fmt::format("has not answered {} within {:.0f} s: {}; expected rank 0 there",
                            own_host_name(), seconds, strerror(error)),
      .way_out = "check that rank 0 runs on that host and that no firewall is between"});
}

std::string own_address_towards(const std::string& digits, bool others_elsewhere) {
  // Nothing is sent: connecting a datagram socket only chooses the interface.
  const SocketAddress there = socket_address(digits, 9);
  const core::FileDescriptor chooser = open_socket(there, SOCK_DGRAM);
  SocketAddress here;
  here.size = sizeof(here.storage);
  std::string own = digits;
  if (connect(chooser.get(), there.get(), there.size) == 0 &&
      getsockname(chooser.get(), here.get(), &here.size) == 0) {
    own = digits_text(here.get());
  }
  if (!others_elsewhere || !is_loopback(own)) return own;
  const std::string outward = outward_address();
  return outward.empty() ? own : outward;
}

std::string own_host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "this host";
  return name.data();
}

}  // namespace dbot::runtime
