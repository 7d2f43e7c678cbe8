#pragma once

#include <string>

#include "dbot/core/files/file_descriptor.h"

// The little of networks that is asked before a library takes over, so that what people got wrong
// is said in our words.
namespace dbot::runtime {

/// The digits of a host's address, IPv4 where it has one. Throws UsageError if there is none.
std::string resolved_address(const std::string& host);

bool is_loopback(const std::string& digits);

/// An interface of this machine has it.
bool is_own_address(const std::string& digits);

/// A socket that listens.
struct Listener {
  core::FileDescriptor socket;
  int port = 0;
};

/// Listens at the port, 0: any that is free; on this machine alone where `digits` are its loopback
/// address, else on all interfaces. Throws UsageError if it is taken.
Listener listen_at(const std::string& digits, int port);

/// Tries to connect until somebody listens there. Throws UsageError after `seconds`.
void await_listener(const std::string& digits, int port, double seconds);

/// The digits of the interface that leads to `digits`. On the host itself that may be the loopback
/// one, which others do not reach: where `others_elsewhere`, another is taken if there is one.
std::string own_address_towards(const std::string& digits, bool others_elsewhere);

/// Of this machine, for messages.
std::string own_host_name();

}  // namespace dbot::runtime
