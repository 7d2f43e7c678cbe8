// How groups begin and end, and what is said when they cannot.
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <latch>

#include "dbot/core/error.h"
#include "dbot/runtime/process_group/agreement.h"
#include "dbot/runtime/process_group/group.h"
#include "dbot/runtime/process_group/network.h"
#include "dbot/runtime/process_group/transport.h"
#include "tests/runtime/process_group/ranks.h"

namespace dbot::runtime {
namespace {

using test::run_ranks;
using test::ServedStore;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

template <typename Problem = UsageError, typename Body>
std::string refusal_of(const Body& body) {
  try {
    body();
  } catch (const Problem& problem) {
    return problem.what();
  }
  return "";
}

TEST(Meeting, NamesTheRanksThatDoNotCome) {
  const ServedStore store;
  GroupConfig config = store.config(1, 4);
  config.meeting_seconds = 0.3;
  EXPECT_THAT(refusal_of([&] { const Group group(config); }),
              HasSubstr("ranks 0, 2, 3 of 4 did not come within 0 s"));
}

TEST(Meeting, RankZeroMayServeTheStore) {
  const int port = listen_at("127.0.0.1", 0).port;  // free again
  std::vector<std::thread> threads;
  threads.reserve(2);
  std::atomic<int> sum{0};
  for (int rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      Group group({.rank = rank,
                   .ranks = 2,
                   .local_ranks = 2,
                   .store = {.address = "localhost", .port = port, .serve = rank == 0}});
      const at::Tensor one = at::ones({1});
      group.sum(one);
      sum += one.item().toInt();
      EXPECT_EQ(group.host(1 - rank), own_host_name());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 4);
}

TEST(Meeting, IsNotMisledByAnEarlierOneInTheSameStore) {
  const ServedStore store;
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::vector<std::thread> threads;
    std::atomic<int> sum{0};
    for (int rank = 0; rank < 2; ++rank) {
      threads.emplace_back([&, rank] {
        Group group(store.config(rank, 2));
        const at::Tensor one = at::ones({1});
        group.sum(one);
        sum += one.item().toInt();
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(sum, 4) << "attempt " << attempt;
  }
}

TEST(Meeting, SaysThatAPortIsTaken) {
  const Listener taken = listen_at("127.0.0.1", 0);
  EXPECT_THAT(refusal_of([&] { open_store({.port = taken.port, .serve = true}); }),
              AllOf(HasSubstr("port " + std::to_string(taken.port) + " is used by another program"),
                    HasSubstr("MASTER_PORT")));
}

TEST(Meeting, SaysThatAnAddressIsNotKnown) {
  EXPECT_THAT(refusal_of([] { open_store({.address = "no-such-host.invalid", .port = 29'500}); }),
              AllOf(HasSubstr("the address \"no-such-host.invalid\" is not known"),
                    HasSubstr("MASTER_ADDR")));
}

TEST(Meeting, SaysThatNobodyAnswers) {
  const int port = listen_at("127.0.0.1", 0).port;
  EXPECT_THAT(refusal_of([&] { open_store({.port = port, .seconds = 0.1}); }),
              HasSubstr("port " + std::to_string(port) + " has not answered"));
}

TEST(Meeting, ListensOnTheLoopbackInterfaceAlone) {
  EXPECT_TRUE(is_loopback(resolved_address("localhost")));
  EXPECT_EQ(own_address_towards("127.0.0.1", false), "127.0.0.1");
  EXPECT_FALSE(is_loopback("10.0.0.1"));
  EXPECT_TRUE(is_own_address("127.0.0.1"));
  EXPECT_FALSE(is_own_address("192.0.2.1"));  // of documents, RFC 5737
}

TEST(Store, KeepsTextsAndTheFirstOfSeveral) {
  const auto store = open_store({.serve = true});
  const auto other = open_store({.port = store->port()});
  EXPECT_EQ(store->find("a"), std::nullopt);
  store->set("a", "1");
  EXPECT_EQ(other->find("a"), "1");
  EXPECT_EQ(other->set_first("b", "x"), "x");
  EXPECT_EQ(store->set_first("b", "y"), "x");
  EXPECT_EQ(store->get({"b", "a"}), (std::vector<std::string>{"x", "1"}));
  EXPECT_TRUE(store->wait({"a", "b"}, 1));
  EXPECT_FALSE(store->wait({"a", "c"}, 0.05));
  EXPECT_TRUE(store->wait({"a"}, 1));  // it goes on after that
  const auto apart = open_store({.port = store->port(), .prefix = "second/"});
  EXPECT_EQ(apart->find("a"), std::nullopt);
}

TEST(Abort, EndsWhatWaits) {
  for (const bool ring : {false, true}) {
    std::latch over(2);
    const auto problems = run_ranks(2, [&](Group& group) {
      group.barrier();
      if (group.rank() == 1) return over.arrive_and_wait();  // comes to nothing more
      std::thread ends([&group] { group.abort(); });
      const at::Tensor flat = at::ones({1000});
      const std::string said =
          refusal_of<LostConnection>([&] { ring ? group.ring_sum(flat) : group.sum(flat); });
      EXPECT_THAT(said, HasSubstr("was given up"));
      EXPECT_THROW(group.barrier(), LostConnection);
      ends.join();
      over.arrive_and_wait();
    });
    EXPECT_THAT(problems, Each(IsEmpty()));
  }
}

TEST(Agreement, OfEqualFactsIsSilent) {
  EXPECT_THAT(run_ranks(3,
                        [](Group& group) {
                          check_agreement(group, {{"the seed", "1"}});
                        }),
              Each(IsEmpty()));
}

TEST(Agreement, NamesTheRankThatDiffers) {
  const auto said = run_ranks(4, [](Group& group) {
    const bool odd = group.rank() >= 2;
    check_agreement(group, {{"the seed", "1"}, {"the number of threads", odd ? "4" : "2"}});
  });
  EXPECT_THAT(said, Each(AllOf(HasSubstr("the number of threads of rank 2 ("),
                               HasSubstr("is 4, expected 2 as rank 0 ("),
                               HasSubstr("1 more ranks differ"))));
}

TEST(Agreement, FactsThatOneDoesNotKnowDiffer) {
  const auto said = run_ranks(2, [](Group& group) {
    std::vector<Fact> facts{{"the seed", "1"}};
    if (group.rank() == 1) facts.push_back({"the mask", "random"});
    check_agreement(group, facts);
  });
  EXPECT_THAT(said, Each(HasSubstr("the mask of rank 1")));
}

std::size_t entries(const char* folder) {
  const auto all = std::filesystem::directory_iterator(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(Lifetime, FiftyGroupsLeaveNothing) {
  const auto once = [] {
    EXPECT_THAT(run_ranks(2, [](Group& group) { group.sum(at::ones({10})); }), Each(IsEmpty()));
  };
  once();  // what LibTorch makes once
  const std::size_t descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");
  for (int i = 0; i < 50; ++i) once();
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
  EXPECT_EQ(entries("/proc/self/task"), threads);
}

}  // namespace
}  // namespace dbot::runtime
