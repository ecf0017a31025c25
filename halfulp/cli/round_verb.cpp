// halfulp round: numbers from standard input, each rounded to a format.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "halfulp/arith/random_stream.hpp"
#include "halfulp/arith/round.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/cli/verb.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "Reads numbers from standard input, separated by white space: decimal (0.1, 1e-3), hexadecimal "
    "(0x1.8p-2), inf or\n"
    "nan.  Prints one line for each: the rounded number in hexadecimal, a tab, and its shortest decimal "
    "form.\n"
    "\n"
    "The input is a binary64 number: a literal that is none, like 0.1, is first rounded to the nearest one "
    "(beyond\n"
    "the range of binary64 to infinity), then to the format.  Hexadecimal literals of up to 53 bits are "
    "exact.\n"
    "What stands before a wrong number has been printed when the error is reported.\n"
    "\n"
    "Examples:\n"
    "  echo 0.1 | halfulp round --format bf16\n"
    "    0x1.9ap-4\t0.10009765625\n"
    "  echo 65520 -1e9 | halfulp round --format fp16 --overflow saturate\n"
    "    0x1.ffcp+15\t65504\n"
    "    -0x1.ffcp+15\t-65504\n"
    "  yes 1.001 | head -1000 | halfulp round --format bf16:stochastic --seed 7 | sort | uniq -c\n"
    "`halfulp formats` lists the formats.\n";

/// The longest literal that is read: a binary64 number has at most 767 significant digits, the rest is
/// padding.
constexpr std::size_t longest_literal = 1 << 16;

/// White-space separated words of a stream of any length, and the line of each.
class Words {
 public:
  explicit Words(std::istream& in) : buffer_(*in.rdbuf()) {}

  std::optional<std::string> next() {
    std::string word;
    for (int c = buffer_.sgetc(); c != end; c = buffer_.snextc()) {
      if (is_space(c) && !word.empty())
        return word;  // the separator is read next time: line() is still right
      line_ += c == '\n';
      if (is_space(c)) continue;
      word += static_cast<char>(c);
      if (word.size() > longest_literal)
        throw input_error(fmt::format("standard input, line {}: a number longer than {} characters", line_,
                                      longest_literal));
    }
    return word.empty() ? std::nullopt : std::optional(word);
  }
  std::size_t line() const { return line_; }

 private:
  static constexpr int end = std::char_traits<char>::eof();
  static bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  std::streambuf& buffer_;
  std::size_t line_ = 1;
};

/// strtod: correctly rounded, decimal and hexadecimal, "inf", "nan".
std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double x = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || text.find('(') != std::string::npos) return std::nullopt;
  return x;
}

struct Options {
  std::string format, mode, overflow;
  std::uint64_t seed = 0;
};

/// --mode and --overflow say the same as the rule syntax "fp16:stochastic:saturate"; nothing may be said
/// twice.
RoundingRule rule_of(const Options& options) {
  std::string text = options.format;
  if (!options.mode.empty()) text += ":" + options.mode;
  if (options.overflow == "saturate")
    text += ":saturate";
  else if (!options.overflow.empty() && options.overflow != "ieee")
    throw usage_error(
        fmt::format("unknown overflow rule '{}': one of ieee or saturate", options.overflow.substr(0, 64)));
  const RoundingRule rule = rounding_rule(text);
  if (rule.saturate && options.overflow == "ieee")
    throw usage_error(fmt::format("'{}' saturates, but --overflow is ieee", options.format.substr(0, 64)));
  return rule;
}

void round_all(const RoundingRule& rule, std::uint64_t seed, std::istream& in, std::ostream& out) {
  const RandomStream random(seed);
  Words words(in);
  fmt::memory_buffer line;
  for (std::uint64_t i = 0; const auto word = words.next(); ++i) {
    const std::optional<double> x = number(*word);
    if (!x)
      throw input_error(
          fmt::format("standard input, line {}: '{}' is not a number", words.line(), word->substr(0, 64)));
    const auto row = static_cast<std::uint32_t>(i), column = static_cast<std::uint32_t>(i >> 32);
    RandomStream bits = random.at(row, column);
    const std::uint32_t drawn = rule.mode != Rounding::stochastic ? 0
                                : rule.format.precision <= 11     ? bits.draw16()
                                                                  : bits.draw32();
    const double y = round({*x}, rule, drawn);
    line.clear();
    fmt::format_to(std::back_inserter(line), "{:a}\t{}\n", y, y);
    if (!out.write(line.data(), static_cast<std::streamsize>(line.size())))
      return;  // reported by run_program
  }
}

}  // namespace

void add_round_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("round", "Round numbers from standard input to a format");
  verb->add_option("--format", options->format,
                   "Format, or a rule such as fp16:stochastic or e4m3fn:up:saturate")
      ->required();
  verb->add_option("--mode", options->mode,
                   "nearest-even (default), nearest-away, toward-zero, up, down, stochastic");
  verb->add_option("--overflow", options->overflow,
                   "ieee (default: what the format has) or saturate (the largest finite number)");
  verb->add_option("--seed", options->seed,
                   "Seed of stochastic rounding; number i draws from a stream of its own (default 0)");
  verb->footer(footer);
  verb->callback([options, &console] {
    const RoundingRule rule = rule_of(*options);
    exit_on_interrupt();  // nothing to undo, and a read from a terminal would not end
    round_all(rule, options->seed, console.in, console.out);
  });
}

}  // namespace halfulp
