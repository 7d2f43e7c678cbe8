#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dbot::runtime {

/// Where the store of a group is, and how this process takes part in it.
struct StoreConfig {
  std::string address = "127.0.0.1";  // a host's name or number
  int port = 0;                       // 0, of who serves it: any that is free
  bool serve = false;                 // in this process; one process of a group does
  std::string prefix = {};            // of all keys
  double seconds = 60;                // for the one who serves it to begin
  bool others_elsewhere = false;      // so that listening on this machine alone would not do
};

/// Small texts by name that all processes of a group see: who is there, what they agree on, who is
/// lost. A connection of its own; calls from several threads wait for each other. Throws
/// LostConnection (transport.h) when the one who serves it is gone.
class Store {
 public:
  virtual ~Store() = default;

  virtual void set(const std::string& key, const std::string& value) = 0;
  /// Sets it unless it is set. Returns what holds then.
  virtual std::string set_first(const std::string& key, const std::string& value) = 0;
  /// Nothing where nobody has set it.
  virtual std::optional<std::string> find(const std::string& key) = 0;
  /// Of keys that are all set, in one exchange.
  virtual std::vector<std::string> get(const std::vector<std::string>& keys) = 0;
  /// Until all are set. False if `seconds` pass before.
  virtual bool wait(const std::vector<std::string>& keys, double seconds) = 0;
  /// From now on all keys begin with that, too. Before other threads use it.
  virtual void go_into(const std::string& prefix) = 0;
  /// At which it is served.
  virtual int port() const = 0;
};

/// Throws UsageError for an address that does not resolve, a port that is taken, and where nobody
/// serves it in time.
std::unique_ptr<Store> open_store(const StoreConfig& config);

}  // namespace dbot::runtime
