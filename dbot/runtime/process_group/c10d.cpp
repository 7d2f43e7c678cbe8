// Store and transport by c10d: its TCP store, and Gloo. The only file that includes it, since that
// costs ten seconds; CMakeLists.txt has its own options for it.
#include <c10/util/Logging.h>
#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/runtime/process_group/network.h"
#include "dbot/runtime/process_group/store.h"
#include "dbot/runtime/process_group/transport.h"

namespace dbot::runtime {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000) + 1);
}

/// LibTorch appends a stack trace behind the first line.
[[noreturn]] void lose(const char* operation, const std::exception& problem) {
  const std::string_view text = problem.what();
  throw LostConnection(
      ErrorFields{.operation = "processes",
                  .subject = operation,
                  .fault = Fault::unreadable,
                  .reason = fmt::format("failed: {}", text.substr(0, text.find('\n')))});
}

/// What `call` returns, with c10d's errors as ours.
template <typename Call>
auto told(const char* operation, const Call& call) {
  try {
    return call();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    lose(operation, problem);
  }
}

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

/// c10d warns of every address without a name, and with a stack trace of every end of a connection.
/// What of that matters is said by us.
void hush() {
  static std::once_flag once;  // groups may be made by several threads
  std::call_once(
      once, [] { FLAGS_caffe2_log_level = std::max(FLAGS_caffe2_log_level, c10::GLOG_ERROR); });
}

c10::intrusive_ptr<c10d::TCPStore> open_tcp_store(const StoreConfig& config) {
  hush();
  const std::string address = resolved_address(config.address);
  c10d::TCPStoreOptions options;
  options.isServer = config.serve;
  options.waitWorkers = false;
  options.timeout = milliseconds(config.seconds);
  options.port = static_cast<std::uint16_t>(config.port);
  Listener listener;
  if (config.serve) {
    // A host's own name often leads to its loopback address (Debian's /etc/hosts).
    listener = listen_at(config.others_elsewhere ? own_address_towards(address, true) : address,
                         config.port);
    options.port = static_cast<std::uint16_t>(listener.port);
    options.masterListenFd = listener.socket.get();
  } else {
    await_listener(address, config.port, config.seconds);
  }
  auto store = told("opening the store",
                    [&] { return c10::make_intrusive<c10d::TCPStore>(address, options); });
  listener.socket.release();  // the store's now
  return store;
}

class TcpStore final : public Store {
 public:
  explicit TcpStore(const StoreConfig& config)
      : store_(open_tcp_store(config)), prefix_(config.prefix) {}

  void set(const std::string& key, const std::string& value) override {
    told(kOperation, [&] { store_->set(prefix_ + key, bytes_of(value)); });
  }
  std::string set_first(const std::string& key, const std::string& value) override {
    return told(kOperation,
                [&] { return text_of(store_->compareSet(prefix_ + key, {}, bytes_of(value))); });
  }
  std::optional<std::string> find(const std::string& key) override {
    return told(kOperation, [&]() -> std::optional<std::string> {
      if (!store_->check({prefix_ + key})) return std::nullopt;
      return text_of(store_->get(prefix_ + key));
    });
  }
  std::vector<std::string> get(const std::vector<std::string>& keys) override {
    return told(kOperation, [&] {
      std::vector<std::string> texts;
      for (const Bytes& bytes : store_->multiGet(prefixed(keys))) texts.push_back(text_of(bytes));
      return texts;
    });
  }
  bool wait(const std::vector<std::string>& keys, double seconds) override {
    // c10d's own waiting writes to stderr when the time is over, so it is asked again and again.
    const core::Stopwatch clock;
    const auto all = prefixed(keys);
    double pause = 0.005;
    while (!told(kOperation, [&] { return store_->check(all); })) {
      if (clock.seconds() > seconds) return false;
      std::this_thread::sleep_for(std::chrono::duration<double>(pause));
      pause = std::min(1.5 * pause, 0.25);
    }
    return true;
  }
  void go_into(const std::string& prefix) override { prefix_ += prefix; }
  int port() const override { return store_->getPort(); }
  /// For c10d itself: keys with a prefix of their own.
  c10::intrusive_ptr<c10d::PrefixStore> part_of(const std::string& prefix) const {
    return c10::make_intrusive<c10d::PrefixStore>(prefix_ + prefix, store_);
  }

 private:
  static constexpr const char* kOperation = "the store of the processes";

  std::vector<std::string> prefixed(std::vector<std::string> keys) const {
    for (std::string& key : keys) key.insert(0, prefix_);
    return keys;
  }

  c10::intrusive_ptr<c10d::TCPStore> store_;
  std::string prefix_;
};

/// What is on its way, so that another thread can end the waiting.
class UnderWay {
 public:
  using Work = c10::intrusive_ptr<c10d::Work>;

  /// `post` begins a transfer.
  template <typename Post>
  Work begin(const Post& post) {
    const std::lock_guard lock(mutex_);
    refuse_if_aborted();
    Work work = told("sending between processes", post);
    works_.insert(work);
    return work;
  }
  void end(const Work& work) {
    const std::lock_guard lock(mutex_);
    works_.erase(work);
  }
  void abort() {
    const std::lock_guard lock(mutex_);
    aborted_ = true;
    for (const Work& work : works_) work->abort();
  }
  bool aborted() const {
    const std::lock_guard lock(mutex_);
    return aborted_;
  }
  void check() const {
    const std::lock_guard lock(mutex_);
    refuse_if_aborted();
  }

 private:
  void refuse_if_aborted() const {
    if (aborted_) {
      throw LostConnection(ErrorFields{.operation = "processes",
                                       .subject = "sending between processes",
                                       .fault = Fault::unreadable,
                                       .reason = "was given up"});
    }
  }

  mutable std::mutex mutex_;
  std::set<Work> works_;
  bool aborted_ = false;
};

class GlooTransfer final : public Transfer {
 public:
  GlooTransfer(UnderWay& under_way, UnderWay::Work work)
      : under_way_(under_way), work_(std::move(work)) {}
  ~GlooTransfer() override { under_way_.end(work_); }

  void wait(double seconds) override {
    under_way_.check();
    const bool done =
        told("sending between processes", [&] { return work_->wait(milliseconds(seconds)); });
    if (!done) under_way_.check();
  }

 private:
  UnderWay& under_way_;
  UnderWay::Work work_;
};

class GlooTransport final : public Transport {
 public:
  GlooTransport(Store& store, int rank, int ranks, const std::string& own_address, double seconds) {
    auto options = c10d::ProcessGroupGloo::Options::create(milliseconds(seconds));
    options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(own_address));
    options->threads = 1;
    auto keys = static_cast<TcpStore&>(store).part_of("gloo");
    group_ = told("connecting the processes", [&] {
      return c10::make_intrusive<c10d::ProcessGroupGloo>(keys, rank, ranks, options);
    });
  }
  ~GlooTransport() override {
    // A sum that was given up may go on inside: its thread would be waited for. The process ends.
    if (ring_was_left_) group_.release();
  }

  std::unique_ptr<Transfer> send(const at::Tensor& values, int to, int tag) override {
    bytes_sent_ += static_cast<std::int64_t>(values.nbytes());
    return transfer([&, one = std::vector<at::Tensor>{values}]() mutable {
      return group_->send(one, to, tag);
    });
  }
  std::unique_ptr<Transfer> receive(const at::Tensor& values, int from, int tag) override {
    return transfer([&, one = std::vector<at::Tensor>{values}]() mutable {
      return group_->recv(one, from, tag);
    });
  }
  void ring_sum(const at::Tensor& values, double seconds) override {
    under_way_.check();
    std::vector<at::Tensor> one{values};
    c10d::AllreduceOptions options;
    options.timeout = milliseconds(seconds);
    const auto work =
        told("adding over processes", [&] { return group_->allreduce(one, options); });
    // Gloo has no way to give up such a sum, so it is looked at.
    const core::Stopwatch clock;
    ring_was_left_ = true;
    while (!work->isCompleted()) {
      under_way_.check();
      if (clock.seconds() > seconds + 1) break;
      std::this_thread::sleep_for(std::chrono::microseconds(clock.seconds() < 0.01 ? 50 : 500));
    }
    told("adding over processes", [&] { return work->wait(milliseconds(0.001)); });
    ring_was_left_ = false;
  }
  void abort() override { under_way_.abort(); }
  std::int64_t bytes_sent() const override { return bytes_sent_; }

 private:
  template <typename Post>
  std::unique_ptr<Transfer> transfer(Post post) {
    auto work = under_way_.begin([&post] { return post(); });
    return std::make_unique<GlooTransfer>(under_way_, std::move(work));
  }

  UnderWay under_way_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  std::atomic<std::int64_t> bytes_sent_ = 0;
  bool ring_was_left_ = false;
};

}  // namespace

std::unique_ptr<Store> open_store(const StoreConfig& config) {
  return std::make_unique<TcpStore>(config);
}

std::unique_ptr<Transport> connect_ranks(Store& store, int rank, int ranks,
                                         const std::string& own_address, double seconds) {
  return std::make_unique<GlooTransport>(store, rank, ranks, own_address, seconds);
}

}  // namespace dbot::runtime
