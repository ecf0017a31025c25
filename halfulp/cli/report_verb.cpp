// halfulp report: one page for any results of any verbs.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "halfulp/base/error.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "The page is one file: it opens from disk, asks no network, and holds the results themselves, so that "
    "every\n"
    "plot gives its numbers on hovering, as a table and as CSV.  Its address names the place in it: a link "
    "to a\n"
    "cell of a map opens there.  Two spectra on one page can be compared head by head.\n"
    "Result files are what verbs write with --json or -o FILE.json; those of another version are refused.\n"
    "Verbs that write their result with -o take FILE.html, too: the page of that result alone.\n"
    "\n"
    "Examples:\n"
    "  halfulp profile -m examples/gpt2-tinyshakespeare --tokens 32 -o profile.json\n"
    "  halfulp certify -m examples/gpt2-tinyshakespeare --tokens 32 --candidates 4 -o certificates.json\n"
    "  halfulp report profile.json certificates.json -o report.html\n";

struct Options {
  std::vector<std::string> files;
  std::string output = "report.html";
};

constexpr std::size_t largest_page = std::size_t{256} << 20;

void run(const Options& options, Console& console) {
  form_of_output(options.output, {".html"}, options.files);
  std::vector<ResultFile> results;
  for (const std::string& file : options.files) results.push_back(read_result_file(file));
  const std::string page = html_report(results);
  if (page.size() > largest_page)
    throw resource_error(fmt::format(
        "{}: a page of {}: no browser is quick with more than {}; report fewer files at once", options.output,
        in_bytes(static_cast<double>(page.size())), in_bytes(static_cast<double>(largest_page))));
  write_whole_file(options.output, page);
  console.out << fmt::format("{} {} in {} ({}).\n", results.size(),
                             results.size() == 1 ? "result is" : "results are", options.output,
                             in_bytes(static_cast<double>(page.size())));
}

}  // namespace

void add_report_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      program.add_subcommand("report", "One page, to be looked at, for any results of any verbs");
  verb->add_option("FILE", options->files, "Result files (JSON)")->required();
  verb->add_option("-o,--output", options->output, "The page: FILE.html (default: report.html)");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
