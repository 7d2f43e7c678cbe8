#include "dbot/data/sources/folder/folder_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

/// `work(i)` for each i below `count`, by up to `threads` threads; the first error is thrown.
void share_out(int threads, std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&]() noexcept {
    try {
      for (auto i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    const auto wanted = std::min(static_cast<std::size_t>(threads), count);
    try {
      for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(run);
    } catch (const std::system_error&) {  // the system gives no more: it takes longer
    }
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

bool leads_to_folder(const fs::path& link) {
  std::error_code ignored;
  return fs::is_directory(link, ignored);
}

std::string below(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

/// A folder to enter.
struct Arrival {
  std::string path, name;
  std::size_t parent = 0;
};

/// What was found there.
struct Visit {
  bool exists = false, was_known = false;
  std::string problem;  // why it cannot be read
  std::uint64_t device = 0;
  std::shared_ptr<const FolderListing> listing;
  std::vector<std::string_view> linked_files, linked_folders;  // of the listing's links
};

class Walker {
 public:
  Walker(const fs::path& root, const FolderListings& known, int threads,
         const std::function<bool()>& stopping, const core::Log& log, Content content)
      : root_(root),
        known_(known),
        threads_(threads),
        stopping_(stopping),
        log_(log),
        content_(content) {}

  FolderWalk run() {
    std::vector<Arrival> wave(1);  // the root
    // Links wait until all real folders are entered: a folder reachable both ways keeps its own
    // path.
    while (!stopping_() && (!wave.empty() || !links_.empty())) {
      wave = wave.empty() ? enter_first_link() : enter(wave, visit_all(wave));
    }
    return std::move(walk_);
  }

 private:
  std::vector<Visit> visit_all(const std::vector<Arrival>& arrivals) {
    std::vector<Visit> visits(arrivals.size());
    share_out(threads_, arrivals.size(), [&](std::size_t i) {
      if (!stopping_()) visits[i] = visit(arrivals[i].path);
    });
    return visits;
  }

  Visit visit(const std::string& relative) const {
    const fs::path path = relative.empty() ? root_ : root_ / relative;
    Visit visit;
    try {
      const auto identity = identify_folder(path);
      visit.exists = true;
      visit.device = identity.device;
      const auto known = known_.find(relative);
      visit.was_known = known != known_.end() && known->second->stamp == identity.stamp;
      visit.listing = visit.was_known
                          ? known->second
                          : std::make_shared<const FolderListing>(read_folder(path, content_));
    } catch (const std::system_error& error) {
      visit.problem = error.code().message();
      return visit;
    }
    const core::TextList& links = visit.listing->links;
    for (std::size_t i = 0; i < links.size(); ++i) {
      const std::string_view name = links[i];
      (leads_to_folder(path / name) ? visit.linked_folders : visit.linked_files).push_back(name);
    }
    return visit;
  }

  /// The folders below those that were entered.
  std::vector<Arrival> enter(const std::vector<Arrival>& arrivals, std::vector<Visit> visits) {
    std::vector<Arrival> next;
    for (std::size_t i = 0; i < arrivals.size(); ++i) enter(arrivals[i], visits[i], next);
    return next;
  }

  void enter(const Arrival& arrival, Visit& visit, std::vector<Arrival>& next) {
    if (!visit.exists) return;  // it was there a moment ago
    if (!visit.problem.empty()) {
      log_(core::LogLevel::warning, fmt::format("[data] {}: cannot be read, left out: {}",
                                                (root_ / arrival.path).string(), visit.problem));
      return;
    }
    if (!entered_.emplace(visit.device, visit.listing->stamp.inode).second) return;
    const std::size_t place = walk_.folders.size();
    if (place > 0 && visit.listing->own_output) {  // the root was asked for, whatever it is
      walk_.outputs.push_back(arrival.path);
      return;
    }
    if (place > 0) walk_.folders[arrival.parent].children.emplace_back(arrival.name, place);
    const core::TextList& folders = visit.listing->folders;
    for (std::size_t i = 0; i < folders.size(); ++i) {
      next.push_back({below(arrival.path, folders[i]), std::string(folders[i]), place});
    }
    for (const auto name : visit.linked_folders) {
      links_.emplace(below(arrival.path, name), Arrival{"", std::string(name), place});
    }
    if (!visit.was_known) ++walk_.read;
    walk_.folders.push_back(
        {arrival.path, std::move(visit.listing), std::move(visit.linked_files), {}});
  }

  /// The folders below the first of the links that wait. All of them are visited at once, though
  /// one after the other is entered.
  std::vector<Arrival> enter_first_link() {
    std::vector<Arrival> unseen;
    for (const auto& [path, arrival] : links_) {
      if (!seen_.contains(path)) unseen.push_back({path, arrival.name, arrival.parent});
    }
    auto visits = visit_all(unseen);
    for (std::size_t i = 0; i < unseen.size(); ++i) seen_[unseen[i].path] = std::move(visits[i]);
    auto link = links_.extract(links_.begin());
    auto seen = seen_.extract(link.key());
    link.mapped().path = link.key();
    std::vector<Arrival> next;
    enter(link.mapped(), seen.mapped(), next);
    return next;
  }

  const fs::path& root_;
  const FolderListings& known_;
  const int threads_;
  const std::function<bool()>& stopping_;
  const core::Log& log_;
  const Content content_;
  FolderWalk walk_;
  std::map<std::string, Arrival> links_;                       // by path
  std::map<std::string, Visit> seen_;                          // of these links
  std::set<std::pair<std::uint64_t, std::uint64_t>> entered_;  // device and inode
};

}  // namespace

FolderWalk walk_folders(const fs::path& root, const FolderListings& known, int threads,
                        const std::function<bool()>& stopping, const core::Log& log,
                        Content content) {
  return Walker(root, known, threads, stopping, log, content).run();
}

}  // namespace dbot::data
