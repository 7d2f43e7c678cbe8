#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbot/runtime/process_group/group.h"
#include "dbot/runtime/process_group/store.h"
#include "dbot/runtime/process_group/transport.h"
#include "dbot/runtime/process_group/tree_sum.h"

namespace dbot::runtime {

/// What a group of several has. The store is closed last.
struct Group::Connections {
  std::unique_ptr<Store> store;
  std::unique_ptr<Transport> transport;
  TreeSum tree = {};
  GroupWatch* watch = nullptr;
};

/// How a group begins.
struct Group::Meeting {
  Connections connections;
  std::string name;  // keys of the store begin with it
  std::vector<std::string> hosts;
};

}  // namespace dbot::runtime
