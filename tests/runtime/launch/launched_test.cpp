#include "dbot/runtime/launch/launched.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/runtime/launch/child_variables.h"

namespace dbot::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal_of(const Variables& variables) {
  try {
    launched(variables);
  } catch (const UsageError& problem) {
    return problem.what();
  }
  return "";
}

Variables with(Variables variables, const Variables& more) {
  for (const auto& [name, value] : more) variables[name] = value;
  return variables;
}

Variables without(Variables variables, const char* name) {
  variables.erase(name);
  return variables;
}

/// torchrun 2.11 --nnodes 2 --nproc-per-node 2, the second node's first process.
const Variables kTorchrun{{"RANK", "2"},
                          {"WORLD_SIZE", "4"},
                          {"LOCAL_RANK", "0"},
                          {"LOCAL_WORLD_SIZE", "2"},
                          {"GROUP_RANK", "1"},
                          {"ROLE_RANK", "2"},
                          {"MASTER_ADDR", "node-1"},
                          {"MASTER_PORT", "41233"},
                          {"OMP_NUM_THREADS", "1"},
                          {"TORCHELASTIC_RUN_ID", "none"},
                          {"TORCHELASTIC_RESTART_COUNT", "1"},
                          {"TORCHELASTIC_MAX_RESTARTS", "3"},
                          {"TORCHELASTIC_USE_AGENT_STORE", "True"}};

/// mpirun -np 4 of Open MPI 4.1.4 on one node.
const Variables kOpenMpi{{"OMPI_COMM_WORLD_RANK", "3"},       {"OMPI_COMM_WORLD_SIZE", "4"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "3"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                         {"OMPI_COMM_WORLD_NODE_RANK", "3"},  {"OMPI_UNIVERSE_SIZE", "4"},
                         {"PMIX_NAMESPACE", "3208577025"}};

/// srun of Slurm 22.05 in a job of two nodes with 3 + 1 tasks.
const Variables kSlurm{{"SLURM_JOB_ID", "4711"},
                       {"SLURM_STEP_ID", "0"},
                       {"SLURM_PROCID", "3"},
                       {"SLURM_NTASKS", "4"},
                       {"SLURM_STEP_NUM_TASKS", "4"},
                       {"SLURM_LOCALID", "0"},
                       {"SLURM_NODEID", "1"},
                       {"SLURM_TASKS_PER_NODE", "3,1"},
                       {"SLURM_STEP_TASKS_PER_NODE", "3,1"},
                       {"SLURM_JOB_NODELIST", "gpu[07-08]"},
                       {"SLURM_STEP_NODELIST", "gpu[07-08]"},
                       {"SLURM_LAUNCH_NODE_IPADDR", "10.0.0.254"},
                       {"SLURM_CPUS_PER_TASK", "6"}};

TEST(Launched, AProcessAloneIsNone) {
  EXPECT_EQ(launched({}), std::nullopt);
  EXPECT_EQ(launched({{"MASTER_ADDR", "node"}, {"OMP_NUM_THREADS", "1"}}), std::nullopt);
}

TEST(Launched, ByTorchrun) {
  EXPECT_EQ(launched(kTorchrun), (Launched{.by = Launcher::torchrun,
                                           .rank = 2,
                                           .ranks = 4,
                                           .local_rank = 0,
                                           .local_ranks = 2,
                                           .address = "node-1",
                                           .port = 41'233,
                                           .store_is_served = true,
                                           .attempt = "none"}));
  const auto served_by_rank_0 =
      launched(with(kTorchrun, {{"TORCHELASTIC_USE_AGENT_STORE", "False"}}));
  EXPECT_FALSE(served_by_rank_0->store_is_served);
}

TEST(Launched, ByOpenMpiOnOneNode) {
  const auto self = launched(kOpenMpi);
  ASSERT_TRUE(self);
  EXPECT_EQ(self->by, Launcher::open_mpi);
  EXPECT_EQ(self->rank, 3);
  EXPECT_EQ(self->ranks, 4);
  EXPECT_EQ(self->local_rank, 3);
  EXPECT_EQ(self->address, "127.0.0.1");
  EXPECT_GE(self->port, 10'000);
  EXPECT_LT(self->port, 30'000);
  const auto other = launched(with(kOpenMpi, {{"PMIX_NAMESPACE", "3208577026"}}));
  EXPECT_NE(other->port, self->port);
}

TEST(Launched, OpenMpiOnSeveralNodesNeedsTheAddress) {
  const Variables two_nodes =
      with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}});
  EXPECT_THAT(refusal_of(two_nodes), HasSubstr("mpirun -x MASTER_ADDR=HOST"));
  EXPECT_EQ(launched(with(two_nodes, {{"MASTER_ADDR", "a"}}))->address, "a");
}

TEST(Launched, BySlurm) {
  const auto self = launched(kSlurm);
  ASSERT_TRUE(self);
  EXPECT_EQ(self->by, Launcher::slurm);
  EXPECT_EQ(self->rank, 3);
  EXPECT_EQ(self->ranks, 4);
  EXPECT_EQ(self->local_rank, 0);
  EXPECT_EQ(self->local_ranks, 1);
  EXPECT_EQ(self->address, "gpu07");  // and not where srun was called
  EXPECT_EQ(self->cores, 6);
  const auto requeued = launched(with(kSlurm, {{"SLURM_RESTART_COUNT", "2"}}));
  EXPECT_EQ(requeued->port, self->port);
  EXPECT_NE(requeued->attempt, self->attempt);
  EXPECT_EQ(launched(with(kSlurm, {{"MASTER_PORT", "1234"}}))->port, 1234);
}

TEST(Launched, ASlurmStepMayBeSmallerThanItsJob) {
  const auto self = launched(with(kSlurm, {{"SLURM_NTASKS", "8"},
                                           {"SLURM_STEP_NUM_TASKS", "2"},
                                           {"SLURM_PROCID", "1"},
                                           {"SLURM_LOCALID", "1"},
                                           {"SLURM_NODEID", "0"},
                                           {"SLURM_STEP_TASKS_PER_NODE", "2"},
                                           {"SLURM_STEP_NODELIST", "gpu08"}}));
  EXPECT_EQ(self->ranks, 2);
  EXPECT_EQ(self->local_ranks, 2);
  EXPECT_EQ(self->address, "127.0.0.1");  // one node
}

TEST(Launched, TheScriptOfASlurmJobIsNoStep) {
  EXPECT_EQ(launched(without(kSlurm, "SLURM_STEP_ID")), std::nullopt);
}

TEST(Launched, TheInnermostLauncherCounts) {
  // srun starts one torchrun a node; mpirun's daemons may be a step of Slurm.
  EXPECT_EQ(launched(with(kSlurm, kTorchrun))->by, Launcher::torchrun);
  EXPECT_EQ(launched(with(kSlurm, kOpenMpi))->by, Launcher::open_mpi);
  EXPECT_EQ(launched(with(kTorchrun, child_variables(1, 2, 4000, 0)))->by, Launcher::own);
}

TEST(Launched, VariablesSetByHandAreReadToo) {
  const Variables by_hand{{"RANK", "1"},        {"WORLD_SIZE", "2"},
                          {"LOCAL_RANK", "0"},  {"LOCAL_WORLD_SIZE", "1"},
                          {"MASTER_ADDR", "a"}, {"MASTER_PORT", "29500"}};
  EXPECT_EQ(launched(by_hand)->by, Launcher::variables);
  EXPECT_FALSE(launched(by_hand)->store_is_served);
  EXPECT_EQ(launched({{"RANK", "0"}, {"WORLD_SIZE", "1"}})->ranks, 1);
}

TEST(Launched, OurChildrenReadWhatTheyAreGiven) {
  EXPECT_EQ(launched(child_variables(2, 3, 4321, 5)), (Launched{.by = Launcher::own,
                                                                .rank = 2,
                                                                .ranks = 3,
                                                                .local_rank = 2,
                                                                .local_ranks = 3,
                                                                .address = "127.0.0.1",
                                                                .port = 4321,
                                                                .store_is_served = true,
                                                                .attempt = "dbot-processes/5"}));
}

TEST(Launched, HolesAreNamed) {
  EXPECT_THAT(refusal_of({{"WORLD_SIZE", "4"}}),
              AllOf(HasSubstr("RANK is missing"), HasSubstr("unset")));
  EXPECT_THAT(refusal_of({{"RANK", "0"}}), HasSubstr("WORLD_SIZE is missing"));
  EXPECT_THAT(refusal_of({{"RANK", "0"}, {"WORLD_SIZE", "2"}}),
              HasSubstr("LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT are missing"));
  for (const char* name : {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"}) {
    EXPECT_EQ(refusal_of(without(kSlurm, name)), "") << name;  // one of both is enough
  }
  for (const char* name : {"SLURM_LOCALID", "SLURM_NODEID", "SLURM_JOB_ID"}) {
    EXPECT_THAT(refusal_of(without(kSlurm, name)), HasSubstr(name));
  }
  for (const auto& [name, value] : kOpenMpi) {
    const bool needed = name.starts_with("OMPI_COMM_WORLD") && !name.ends_with("NODE_RANK");
    if (!needed) continue;
    EXPECT_THAT(refusal_of(without(kOpenMpi, name.c_str())), HasSubstr(name));
  }
}

TEST(Launched, ContradictionsAreNamed) {
  EXPECT_THAT(refusal_of(with(kTorchrun, {{"RANK", "4"}})),
              HasSubstr("RANK=4 (torchrun): expected less than the 4 processes"));
  EXPECT_THAT(refusal_of(with(kTorchrun, {{"LOCAL_RANK", "2"}})), HasSubstr("LOCAL_RANK=2"));
  EXPECT_THAT(refusal_of(with(kTorchrun, {{"LOCAL_WORLD_SIZE", "5"}})),
              HasSubstr("expected a whole number from 1 to 4"));
  EXPECT_THAT(refusal_of(with(kSlurm, {{"RANK", "0"}, {"WORLD_SIZE", "4"}})),
              HasSubstr("RANK=0 (beside Slurm): Slurm says 3"));
  EXPECT_THAT(refusal_of(with(kOpenMpi, {{"WORLD_SIZE", "2"}})), HasSubstr("Open MPI says 4"));
  EXPECT_EQ(refusal_of(with(kSlurm, {{"RANK", "3"}, {"WORLD_SIZE", "4"}})), "");
  EXPECT_THAT(refusal_of(with(kSlurm, {{"SLURM_NODEID", "2"}})), HasSubstr("SLURM_NODEID=2"));
}

TEST(Launched, WhatIsNoNumberIsNamed) {
  for (const char* wrong : {"x", "-1", "2x", " 1", "99999999999"}) {
    EXPECT_THAT(refusal_of(with(kTorchrun, {{"RANK", wrong}})),
                HasSubstr("expected a whole number"))
        << wrong;
  }
  EXPECT_THAT(refusal_of(with(kTorchrun, {{"MASTER_PORT", "65536"}})), HasSubstr("1 to 65535"));
  EXPECT_THAT(refusal_of(with(kTorchrun, {{"MASTER_PORT", "0"}})), HasSubstr("MASTER_PORT=0"));
}

TEST(DefaultThreads, AreAShareOfTheCores) {
  EXPECT_EQ(default_threads({.local_ranks = 4}, 16, false), 4);
  EXPECT_EQ(default_threads({.local_ranks = 4}, 2, false), 1);
  EXPECT_EQ(default_threads({.local_ranks = 4, .cores = 6}, 24, false), 6);
  EXPECT_EQ(default_threads({.local_ranks = 4, .cores = 6}, 3, false), 3);
  EXPECT_EQ(default_threads({.local_ranks = 4}, 2, true), 2) << "its own, not divided again";
}

}  // namespace
}  // namespace dbot::runtime
