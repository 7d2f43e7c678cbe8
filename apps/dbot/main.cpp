#include <algorithm>
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "apps/dbot/commands.h"
#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/thread_waiting.h"
#include "apps/dbot/terminal/ways_out.h"
#include "dbot/core/error.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/runtime/cuda/failure.h"
#include "dbot/runtime/tensor_memory.h"

namespace dbot::app {
namespace {

enum ExitCode { done = 0, failed = 1, wrong_usage = 2, bad_data = 3, stopped = kStoppedCode };

constexpr const char* kOutOfMemory =
    "[memory] there is not enough memory for this; use a smaller batch, image size or model";

int fail(ExitCode code, const std::string& message) {
  complain("dbot: " + report::printable(message));
  return code;
}

void add_commands(CommandLine& line) {
  line.parser.require_subcommand(1);
  line.parser.set_version_flag("-v,-V,--version", std::string("dbot ") + DBOT_VERSION);
  add_start(line);
  add_pretrain(line);
  add_resume(line);
  add_evaluate(line);
  add_embed(line);
  add_search(line);
  add_analyze(line);
  add_reconstruct(line);
  add_inspect(line);
  add_import(line);
  add_export(line);
  add_report(line);
  add_replay(line);
  add_watch(line);
  add_recipes(line);
  add_bench(line);
  add_data(line);
  add_doctor(line);
  add_completion(line);
}

/// Help and version go to stdout; everything else the parser objects to is wrong usage.
int answer(const CommandLine& line, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0) {
    return fail(wrong_usage, usage_message(line, error));
  }
  std::ostringstream text;
  line.parser.exit(error, text, text);
  print(text.str());
  return done;
}

int run(CommandLine& line, int argc, char** argv) {
  prepare_process();
  add_commands(line);
  line.words = understood({argv + std::min(argc, 1), argv + argc});
  try {
    check_command_name(line, line.words.front());
    line.parser.parse(std::vector<std::string>(line.words.rbegin(), line.words.rend()));
  } catch (const CLI::ParseError& error) {
    return answer(line, error);
  }
  for (const CLI::App* command : line.computing) {
    if (command->parsed()) let_waiting_threads_sleep(argv);
  }
  let_stops_come();
  runtime::reuse_tensor_memory();  // without memory for a tensor it throws std::bad_alloc
  line.action();
  return done;
}

}  // namespace
}  // namespace dbot::app

int main(int argc, char** argv) {
  using namespace dbot;
  using namespace dbot::app;
  CommandLine line;
  try {
    return app::run(line, argc, argv);
  } catch (const UsageError& error) {
    return fail(wrong_usage, message_of(error, line.parser));
  } catch (const DataError& error) {
    return fail(bad_data, message_of(error, line.parser));
  } catch (const Stopped& error) {
    return fail(stopped, message_of(error, line.parser));
  } catch (const Error& error) {
    return fail(failed, message_of(error, line.parser));
  } catch (const std::bad_alloc&) {
    return fail(failed, kOutOfMemory);
  } catch (const std::exception& error) {
    if (const auto gpu = runtime::cuda::failure_of(error)) return fail(failed, to_text(*gpu));
    const std::string text = error.what();
    return fail(failed, text.substr(0, text.find('\n')));  // LibTorch appends a stack trace
  }
}
