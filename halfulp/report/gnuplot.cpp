#include "halfulp/report/gnuplot.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>
#include <memory>

#include "halfulp/base/error.hpp"

extern char** environ;

namespace halfulp {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File temporary() {
  File file(std::tmpfile(), std::fclose);
  if (!file) throw resource_error("cannot make a temporary file for gnuplot");
  return file;
}

std::string content_of(std::FILE* file) {
  std::string content;
  std::rewind(file);
  char buffer[1 << 16];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) content.append(buffer, n);
  return content;
}

}  // namespace

std::string gnuplot_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "\u2019";  // gnuplot misreads a doubled apostrophe at the beginning
    else
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "'";
}

std::string run_gnuplot(const std::string& script) {
  const File in = temporary(), out = temporary(), log = temporary();
  if (std::fwrite(script.data(), 1, script.size(), in.get()) != script.size() || std::fflush(in.get()) != 0)
    throw resource_error("cannot write a temporary file for gnuplot");
  std::rewind(in.get());
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, fileno(in.get()), 0);
  posix_spawn_file_actions_adddup2(&files, fileno(out.get()), 1);
  posix_spawn_file_actions_adddup2(&files, fileno(log.get()), 2);
  std::string name = "gnuplot";
  char* arguments[] = {name.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "gnuplot", &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  int status = 0;
  if (failed == 0) waitpid(child, &status, 0);
  if (failed != 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
    throw resource_error("pictures are drawn by gnuplot, which is not installed (Debian: gnuplot-nox)");
  std::string written = content_of(out.get());
  if (status != 0 || written.empty()) {
    const std::string said = content_of(log.get());
    throw resource_error("gnuplot failed: " + said.substr(0, 200));
  }
  return written;
}

}  // namespace halfulp
