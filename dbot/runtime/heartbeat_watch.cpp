#include "dbot/runtime/heartbeat_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace dbot::runtime {

std::string Beat::to_text() const {
  return fmt::format("{} {} {} {} {}", count, step, arrived, left ? 1 : 0, busy ? 1 : 0);
}

Beat Beat::of_text(const std::string& text) {
  Beat beat;
  std::istringstream(text) >> beat.count >> beat.step >> beat.arrived >> beat.left >> beat.busy;
  return beat;
}

std::string Loss::to_text() const {
  const nlohmann::json json{{"kind", static_cast<int>(kind)},
                            {"rank", rank},
                            {"seconds", seconds},
                            {"step", step},
                            {"reason", reason}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Loss Loss::of_text(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  return {.kind = static_cast<Kind>(json["kind"].get<int>()),
          .rank = json["rank"].get<int>(),
          .seconds = json["seconds"].get<double>(),
          .step = json["step"].get<std::int64_t>(),
          .reason = json["reason"].get<std::string>()};
}

ErrorFields Loss::fields(const std::string& host) const {
  ErrorFields fields{.operation = "processes",
                     .subject = rank < 0 ? fmt::format("the launcher ({})", host)
                                         : fmt::format("rank {} ({})", rank, host),
                     .fault = Fault::missing,
                     .way_out = "look what it says, then go on from the last checkpoint"};
  switch (kind) {
    case Kind::silent:
      fields.reason =
          fmt::format("is dead or cut off: no beat since {:.1f} s, in step {}", seconds, step);
      break;
    case Kind::stuck:
      fields.reason =
          fmt::format("is stuck: it lives, but the others wait for it since {:.1f} s, in step {}",
                      seconds, step);
      break;
    case Kind::ended:
      fields.reason = fmt::format("has ended in step {}: {}", step, reason);
      break;
    case Kind::stopped:
      fields.reason = fmt::format("was stopped on request in step {}: {}", step, reason);
      break;
    case Kind::store:
      fields.reason =
          fmt::format("is dead or cut off: its store does not answer, in step {}", step);
      break;
  }
  return fields;
}

BeatWatch::BeatWatch(int rank, int ranks, const HeartbeatConfig& config, double now)
    : config_(config) {
  if (ranks <= kAllWatched) {
    for (int other = 0; other < ranks; ++other) {
      if (other != rank) watched_.push_back(other);
    }
  } else {
    watched_ = {(rank + ranks - 1) % ranks, (rank + 1) % ranks};
  }
  seen_.resize(watched_.size());
  restart(now);
}

void BeatWatch::saw(int rank, const Beat& beat, double now) {
  const auto place = std::ranges::find(watched_, rank);
  if (place == watched_.end()) return;
  Seen& seen = seen_[static_cast<std::size_t>(place - watched_.begin())];
  if (seen.ever && beat.count == seen.beat.count && beat.left == seen.beat.left) return;
  seen = {.beat = beat, .at = now, .ever = true};
}

void BeatWatch::restart(double now) {
  for (Seen& seen : seen_) seen.at = now;
}

bool BeatWatch::all_have_beaten() const {
  return std::ranges::all_of(seen_, [](const Seen& seen) { return seen.ever; });
}

std::optional<Loss> BeatWatch::judge(const Own& own, double now) const {
  std::optional<Loss> silent, behind;
  std::int64_t least = own.arrived;
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    const Seen& seen = seen_[i];
    if (seen.beat.left) continue;
    const double silence = now - seen.at;
    const double most = seen.ever ? config_.silence_seconds : config_.begin_seconds;
    if (silence > most && (!silent || silence > silent->seconds)) {
      silent = Loss{.kind = Loss::Kind::silent,
                    .rank = watched_[i],
                    .seconds = silence,
                    .step = seen.beat.step};
    }
    const double waited = now - own.since;
    if (own.waiting && waited > own.patience && seen.beat.arrived < least && !seen.beat.busy) {
      least = seen.beat.arrived;
      behind = Loss{.kind = Loss::Kind::stuck,
                    .rank = watched_[i],
                    .seconds = waited,
                    .step = seen.beat.step};
    }
  }
  return silent ? silent : behind;
}

void UsualPatience::came(double now) {
  if (times_ > 0) longest_ = std::max(longest_, now - left_);
  ++times_;
}

double UsualPatience::seconds() const {
  return times_ < 3 ? config_.first_seconds : config_.stuck_seconds + longest_;
}

}  // namespace dbot::runtime
