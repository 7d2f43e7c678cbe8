#include "dbot/runtime/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "dbot/core/clock.h"
#include "dbot/runtime/process_group/transport.h"

namespace dbot::runtime {
namespace {

constexpr const char* kLossKey = "lost";
constexpr double kJudgeSeconds = 0.1;

std::string beat_key(int rank) {
  return fmt::format("beat/{}", rank);
}

std::chrono::duration<double> seconds_of(double seconds) {
  return std::chrono::duration<double>(seconds);
}

}  // namespace

/// What both threads and the one that trains share. The beating thread may hang in the store for
/// good; then it keeps this alive after the heartbeat is gone.
class Heartbeat::State : public std::enable_shared_from_this<Heartbeat::State> {
 public:
  State(Group& group, const HeartbeatConfig& config)
      : config_(config),
        rank_(group.rank()),
        ranks_(group.ranks()),
        serves_(group.config().store.serve),
        rank0_serves_(!group.config().store_is_served),
        group_(&group),
        watch_(rank_, ranks_, config, core::steady_seconds()),
        patience_(config) {
    StoreConfig store = group.config().store;
    store.serve = false;
    store.port = group.store().port();
    store_ = open_store(store);
  }

  void start() {
    beating_ = std::thread([self = shared_from_this()] { self->beat_until_left(); });
    judging_ = std::thread([self = shared_from_this()] { self->judge_until_left(); });
  }
  /// Leaves the group, at most so long as it takes to call somebody silent.
  void finish() {
    std::unique_lock lock(mutex_);
    leaving_ = true;
    group_ = nullptr;
    changed_.notify_all();
    // A store that does not answer hears no farewell either.
    const bool unheard = loss_ && loss_->kind == Loss::Kind::store;
    const double most =
        unheard ? config_.beat_seconds : 2 * config_.silence_seconds + 2 * config_.beat_seconds;
    const bool ended = changed_.wait_for(lock, seconds_of(most), [this] { return beating_ended_; });
    lock.unlock();
    judging_.join();
    if (ended) {
      beating_.join();
    } else {
      beating_.detach();
    }
  }

  void set_step(std::int64_t step) {
    const std::lock_guard lock(mutex_);
    beat_.step = step;
  }
  void set_busy(bool busy) {
    const std::lock_guard lock(mutex_);
    beat_.busy = busy;
  }
  std::optional<Loss> loss() const {
    const std::lock_guard lock(mutex_);
    return loss_;
  }
  void enter(double seconds) {
    const std::lock_guard lock(mutex_);
    const double now = core::steady_seconds();
    patience_.came(now);
    ++beat_.arrived;
    own_ = {.arrived = beat_.arrived,
            .waiting = true,
            .since = now,
            .patience = seconds > 0 ? seconds : patience_.seconds()};
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    own_.waiting = false;
    patience_.left(core::steady_seconds());
  }
  /// Waits until it is known who is lost.
  std::optional<Loss> wait_for_loss() {
    std::unique_lock lock(mutex_);
    const double begins = watch_.all_have_beaten() ? 0 : config_.begin_seconds;
    const double most = begins + config_.silence_seconds + 3 * config_.beat_seconds;
    changed_.wait_for(lock, seconds_of(most), [this] { return loss_.has_value(); });
    return loss_;
  }
  void suspect(const Loss& loss) {
    const std::lock_guard lock(mutex_);
    if (!suspected_) suspected_ = loss;
    changed_.notify_all();
  }
  /// Tells the others why this rank ends, and waits until they can know.
  void end(Loss::Kind kind, const std::string& reason) {
    std::unique_lock lock(mutex_);
    Loss own{.kind = kind, .rank = rank_, .step = beat_.step, .reason = reason};
    lock.unlock();
    suspect(own);
    wait_for_loss();
  }

 private:
  // ---- The beating thread ----
  void beat_until_left() {
    try {
      while (exchange()) wait_a_beat();
      if (serves_) wait_for_others();
    } catch (const Error&) {
      lose_store();
    }
    const std::lock_guard lock(mutex_);
    beating_ended_ = true;
    changed_.notify_all();
  }
  /// Tells of this rank, and hears of the others. False when this was the last time.
  bool exchange() {
    Beat own;
    std::optional<Loss> suspected;
    {
      const std::lock_guard lock(mutex_);
      ++beat_.count;
      beat_.left = leaving_;
      own = beat_;
      if (!loss_) suspected = suspected_;
      exchange_began_ = core::steady_seconds();
      exchanging_ = true;
    }
    if (suspected) adopt(Loss::of_text(store_->set_first(kLossKey, suspected->to_text())));
    store_->set(beat_key(rank_), own.to_text());
    if (const auto found = store_->find(kLossKey)) adopt(Loss::of_text(*found));
    hear_of(watch_.watched());
    const std::lock_guard lock(mutex_);
    exchanging_ = false;
    return !own.left;
  }
  /// Those that have ever beaten answer in one exchange.
  void hear_of(const std::vector<int>& ranks) {
    std::vector<int> known;
    std::vector<std::string> keys;
    for (const int rank : ranks) {
      auto& has_beaten = has_beaten_[static_cast<std::size_t>(rank)];
      if (!has_beaten) has_beaten = store_->find(beat_key(rank)).has_value();
      if (!has_beaten) continue;
      known.push_back(rank);
      keys.push_back(beat_key(rank));
    }
    if (keys.empty()) return;
    const std::vector<std::string> texts = store_->get(keys);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < known.size(); ++i) {
      const Beat beat = Beat::of_text(texts[i]);
      has_left_[static_cast<std::size_t>(known[i])] = beat.left;
      watch_.saw(known[i], beat, core::steady_seconds());
    }
  }
  void wait_a_beat() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, seconds_of(config_.beat_seconds),
                      [this] { return leaving_ || (suspected_ && !loss_); });
  }
  /// Who serves the store leaves last, but waits for nobody who is lost.
  void wait_for_others() {
    std::vector<int> others;
    for (int rank = 0; rank < ranks_; ++rank) {
      if (rank != rank_ && !(loss() && loss()->rank == rank)) others.push_back(rank);
    }
    const core::Stopwatch clock;
    while (clock.seconds() < config_.silence_seconds + 2 * config_.beat_seconds) {
      hear_of(others);
      const bool all_left = std::ranges::all_of(
          others, [this](int rank) { return has_left_[static_cast<std::size_t>(rank)]; });
      if (all_left) return;
      std::this_thread::sleep_for(seconds_of(config_.beat_seconds / 10));
    }
  }

  // ---- The judging thread ----
  void judge_until_left() {
    double last = core::steady_seconds();
    std::unique_lock lock(mutex_);
    while (!leaving_ && !loss_) {
      changed_.wait_for(lock, seconds_of(kJudgeSeconds), [this] { return leaving_; });
      const double now = core::steady_seconds();
      if (now - last > config_.silence_seconds / 2) {  // this process itself was stopped
        watch_.restart(now);
        exchange_began_ = own_.since = now;
      }
      last = now;
      if (exchanging_ && now - exchange_began_ > config_.silence_seconds) {
        lock.unlock();
        lose_store();
        return;
      }
      if (suspected_) continue;
      suspected_ = watch_.judge(own_, now);
      if (suspected_) changed_.notify_all();
    }
  }

  // ---- Both ----
  void lose_store() {
    Loss loss{.kind = Loss::Kind::store, .rank = rank0_serves_ ? 0 : -1};
    {
      const std::lock_guard lock(mutex_);
      if (leaving_) return;
      loss.step = beat_.step;
    }
    adopt(loss);
  }
  /// The verdict that holds; the group's collectives end.
  void adopt(const Loss& loss) {
    const std::lock_guard lock(mutex_);
    if (loss_) return;
    loss_ = loss;
    if (group_ != nullptr) group_->abort();
    changed_.notify_all();
  }

  const HeartbeatConfig config_;
  const int rank_, ranks_;
  const bool serves_, rank0_serves_;
  mutable std::mutex mutex_;  // of all below but the store
  std::condition_variable changed_;
  Group* group_;  // null when it is being left
  BeatWatch watch_;
  UsualPatience patience_;
  BeatWatch::Own own_;
  Beat beat_;
  std::optional<Loss> suspected_, loss_;
  bool leaving_ = false, beating_ended_ = false;
  bool exchanging_ = false;
  double exchange_began_ = 0;
  std::vector<char> has_beaten_ = std::vector<char>(static_cast<std::size_t>(ranks_));
  std::vector<char> has_left_ = std::vector<char>(static_cast<std::size_t>(ranks_));
  std::unique_ptr<Store> store_;
  std::thread beating_, judging_;
};

Heartbeat::Heartbeat(Group& group, const HeartbeatConfig& config) : group_(group) {
  if (group.ranks() == 1) return;
  state_ = std::make_shared<State>(group, config);
  state_->start();
  group_.watch(this);
}

Heartbeat::~Heartbeat() {
  if (!state_) return;
  group_.watch(nullptr);
  state_->finish();
}

void Heartbeat::set_step(std::int64_t step) {
  if (state_) state_->set_step(step);
}

void Heartbeat::set_busy(bool busy) {
  if (state_) state_->set_busy(busy);
}

std::optional<Loss> Heartbeat::loss() const {
  return state_ ? state_->loss() : std::nullopt;
}

void Heartbeat::fail(const std::string& reason) {
  if (state_) state_->end(Loss::Kind::ended, reason);
}

void Heartbeat::stop(const std::string& reason) {
  if (state_) state_->end(Loss::Kind::stopped, reason);
}

void Heartbeat::enter(double seconds) {
  if (state_->loss()) tell();
  state_->enter(seconds);
}

void Heartbeat::leave() {
  state_->leave();
}

void Heartbeat::tell() {
  const std::optional<Loss> loss = state_->wait_for_loss();
  if (!loss) return;
  const std::string host = loss->rank < 0 ? group_.config().store.address : group_.host(loss->rank);
  if (loss->kind == Loss::Kind::stopped) throw Stopped(loss->fields(host));
  throw Error(loss->fields(host));
}

}  // namespace dbot::runtime
