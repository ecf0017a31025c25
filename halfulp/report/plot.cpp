#include "halfulp/report/plot.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdio>
#include <memory>

#include "halfulp/base/error.hpp"

extern char** environ;

namespace halfulp {
namespace {

/// Colours that people who see few of them tell apart (Okabe, Ito 2008).
constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#000000"};

/// A gnuplot string in single quotes, in which nothing is expanded (between double quotes backticks run
/// commands).
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "'";
}

bool is_shown(double value, bool log) { return std::isfinite(value) && (!log || value > 0); }

/// A little air beside the first and last points; whole numbers at the ticks where x counts something.
std::string x_range(const Plot& plot) {
  double least = HUGE_VAL, most = -HUGE_VAL;
  bool counts = !plot.log_x;
  for (const Curve& curve : plot.curves) {
    for (const double x : curve.x) {
      least = std::fmin(least, x);
      most = std::fmax(most, x);
      counts &= x == std::floor(x);
    }
  }
  if (!counts || !(least <= most)) return "";
  return fmt::format("set xrange [{}:{}]\nset format x '%.0f'\n{}", least - 0.3, most + 0.3,
                     most - least <= 24 ? "set xtics 1\n" : "");
}

std::string script_of(const Plot& plot, PictureForm form) {
  std::string script =
      form == PictureForm::svg
          ? "set terminal svg size 900,540 noenhanced font 'sans-serif,14' background 'white'\n"
          : "set terminal pngcairo size 1350,810 noenhanced font 'sans-serif,18'\n";
  script += fmt::format("set title {}\nset xlabel {}\nset ylabel {}\n", quoted(plot.title),
                        quoted(plot.x_label), quoted(plot.y_label));
  script +=
      "set key below left Left reverse maxcols 2 samplen 2\nset grid ytics lt 1 lc rgb '#d8d8d8'\n"
      "set border 3 lc rgb '#666666'\n";
  script += "set tics nomirror\n";
  if (plot.log_x) script += "set logscale x\n";
  if (plot.log_y) script += "set logscale y\nset format y '%.0e'\nunset mytics\n";
  script += x_range(plot);
  std::string lines;
  for (std::size_t c = 0; c < plot.curves.size(); ++c) {
    const Curve& curve = plot.curves[c];
    bool any = false;
    std::string data;
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      const bool shown = is_shown(curve.x[i], plot.log_x) && is_shown(curve.y[i], plot.log_y);
      any |= shown;
      data += shown ? fmt::format("{} {}\n", curve.x[i], curve.y[i]) : "\n";
    }
    if (!any) continue;
    script += fmt::format("$curve{} << EOD\n{}EOD\n", c, data);
    lines +=
        fmt::format("{}$curve{} using 1:2 with linespoints lw 2 pt 7 ps 0.5 lc rgb '{}' title {}",
                    lines.empty() ? "plot " : ", ", c, colours[c % std::size(colours)], quoted(curve.name));
  }
  if (lines.empty()) lines = "set xrange [0:1]\nset yrange [0.1:1]\nplot NaN title 'nothing finite to draw'";
  return script + lines + "\n";
}

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

std::string drawn(const Plot& plot, PictureForm form) {
  const std::string script = script_of(plot, form);
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
  std::string picture = content_of(out.get());
  if (status != 0 || picture.empty()) {
    const std::string said = content_of(log.get());
    throw resource_error("gnuplot failed: " + said.substr(0, 200));
  }
  return picture;
}

}  // namespace halfulp
