#include "dbot/runtime/process_group/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/runtime/process_group/transport.h"

namespace dbot::runtime {
namespace {

constexpr const char* kResult = "facts/result";

std::string facts_key(int rank) {
  return fmt::format("facts/{}", rank);
}

std::string facts_text(const std::vector<Fact>& facts) {
  auto list = nlohmann::json::array();
  for (const Fact& fact : facts) list.push_back({fact.name, fact.value});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The first fact that is not as rank 0 has it, as `kResult` holds it.
std::optional<nlohmann::json> first_difference(const std::string& rank0, const std::string& other) {
  const auto expected = nlohmann::json::parse(rank0), found = nlohmann::json::parse(other);
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    const auto& want = i < expected.size() ? expected[i] : found[i];
    if (i < expected.size() && i < found.size() && expected[i] == found[i]) continue;
    return nlohmann::json{{"fact", want[0]},
                          {"expected", i < expected.size() ? expected[i][1] : "nothing"},
                          {"found", i < found.size() ? found[i][1] : "nothing"}};
  }
  return std::nullopt;
}

/// What rank 0 says to all: empty if all agree.
std::string compare(Group& group) {
  std::vector<std::string> keys;
  keys.reserve(static_cast<std::size_t>(group.ranks()));
  for (int rank = 0; rank < group.ranks(); ++rank) keys.push_back(facts_key(rank));
  if (!group.store().wait(keys, group.config().meeting_seconds)) {
    throw LostConnection(ErrorFields{.operation = "processes",
                                     .subject = "the other processes",
                                     .fault = Fault::missing,
                                     .reason = "did not say what they are about to do"});
  }
  const std::vector<std::string> facts = group.store().get(keys);
  nlohmann::json result;
  for (int rank = 1; rank < group.ranks(); ++rank) {
    auto difference = first_difference(facts[0], facts[static_cast<std::size_t>(rank)]);
    if (!difference) continue;
    if (result.is_null()) {
      result = std::move(*difference);
      result["rank"] = rank;
      result["ranks"] = 0;
    }
    result["ranks"] = result["ranks"].get<int>() + 1;
  }
  return result.is_null() ? "" : result.dump();
}

[[noreturn]] void refuse_difference(const Group& group, const nlohmann::json& result) {
  const int rank = result["rank"].get<int>(), more = result["ranks"].get<int>() - 1;
  throw UsageError(ErrorFields{
      .operation = "processes",
      .subject = fmt::format("{} of rank {} ({})", result["fact"].get<std::string>(), rank,
                             group.host(rank)),
      .fault = Fault::mismatch,
      .reason =
          fmt::format("is {}, expected {} as rank 0 ({}) has{}", result["found"].get<std::string>(),
                      result["expected"].get<std::string>(), group.host(0),
                      more > 0 ? fmt::format("; {} more ranks differ", more) : ""),
      .way_out = "start all processes with the same program, recipe, data and threads"});
}

}  // namespace

void check_agreement(Group& group, const std::vector<Fact>& facts) {
  if (group.ranks() == 1) return;
  Store& store = group.store();
  store.set(facts_key(group.rank()), facts_text(facts));
  if (group.rank() == 0) store.set(kResult, compare(group));
  // The others give rank 0 the time that it gives them.
  if (!store.wait({kResult}, 2 * group.config().meeting_seconds)) {
    throw LostConnection(
        ErrorFields{.operation = "processes",
                    .subject = fmt::format("rank 0 ({})", group.host(0)),
                    .fault = Fault::missing,
                    .reason = "did not compare what the processes are about to do"});
  }
  const std::string result = store.get({kResult}).front();
  if (!result.empty()) refuse_difference(group, nlohmann::json::parse(result));
}

}  // namespace dbot::runtime
