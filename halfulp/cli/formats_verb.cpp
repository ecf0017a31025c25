// halfulp formats: the table of number formats.
#include <memory>

#include "halfulp/cli/verb.hpp"
#include "halfulp/report/formats_report.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "Examples:\n"
    "  halfulp formats                  the named formats\n"
    "  halfulp formats e5m10 bin8 dec4  some formats, also parametric ones\n"
    "  halfulp formats --json bf16      the same numbers for a program\n";

}  // namespace

void add_formats_verb(CLI::App& program, Console& console) {
  struct Options {
    std::vector<std::string> names;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      program.add_subcommand("formats", "The number formats: precision, range, special values, overflow");
  verb->add_option("NAME", options->names, "Formats to show; all named ones by default");
  verb->add_flag("--json", options->json, "One JSON document (schema halfulp.formats/1)");
  verb->footer(std::string(also_formats) + "\n" + footer);
  verb->callback([options, &console] {
    std::vector<Format> formats;
    for (const std::string& name : options->names) formats.push_back(format_named(name));
    if (formats.empty()) formats = named_formats();
    if (options->json)
      console.out << formats_document(formats, console.command_line).dump(2) << '\n';
    else
      console.out << formats_text(formats);
  });
}

}  // namespace halfulp
