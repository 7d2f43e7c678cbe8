#pragma once

#include <string>

// Which file operation goes wrong, and how. Plans are text, so that they can be given to a program
// by its environment:
//
//   ACTION@OPERATION:FIRST[+COUNT]      "ENOSPC@write:17+3", "KILL@any:5", "SHORT@write:1+100000"
//
// ACTION: an error's name; SHORT (a write takes a third of what it is given); KILL, TERM, HUP: the
// process gets that signal before the operation, a write being half done. OPERATION: open, write,
// sync, close, rename, mkdir, symlink, remove, truncate, lock or any. FIRST counts from 1.
// Only what is under the root folder is counted and only what changes files: reading never is.
namespace dbot::faults {

enum class Operation { open, write, sync, close, rename, mkdir, symlink, remove, truncate, lock };

/// What the operation that comes now has to suffer.
struct Fate {
  enum class Kind { none, error, shortened, signal } kind = Kind::none;
  int value = 0;  // errno or signal
};

/// Counts the operation and says what becomes of it.
Fate next_fate(Operation operation);
bool is_watched(const char* path);

}  // namespace dbot::faults

extern "C" {
/// Replaces plan and root ("" for none) and sets the count to 0. In the process itself.
void dbot_faults_plan(const char* plan, const char* root);
/// Operations under the root so far.
long dbot_faults_count();
}
