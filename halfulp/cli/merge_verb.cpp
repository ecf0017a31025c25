// halfulp merge: checkpoints of the same experiment, made by separate jobs, become one result.
#include <fmt/format.h>

#include <memory>

#include "halfulp/base/error.hpp"
#include "halfulp/cli/experiment_output.hpp"
#include "halfulp/report/checkpoint_file.hpp"
#include "halfulp/report/figure_document.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "Each job makes other trials of one experiment (--from) and keeps them (--checkpoint); their files may "
    "be "
    "merged\n"
    "in any order and give the bytes that one job would have given.  Trials that stand in two files are "
    "refused.\n"
    "\n"
    "Examples:\n"
    "  halfulp figure 1 --trials 32 --arithmetic bin11 --checkpoint first.part\n"
    "  halfulp figure 1 --trials 32 --arithmetic bin11 --from 32 --checkpoint second.part\n"
    "  halfulp merge first.part second.part -o figure1.csv\n";

struct Options {
  std::vector<std::string> files, outputs;
  std::string checkpoint;
  bool json = false;
};

void run(const Options& options, Console& console) {
  check_outputs(options.outputs);
  if (!options.checkpoint.empty()) check_writable(options.checkpoint);
  ExperimentCheckpoint all = read_checkpoint(options.files.front());
  for (std::size_t i = 1; i < options.files.size(); ++i) {
    const ExperimentCheckpoint part = read_checkpoint(options.files[i]);
    if (part.outcome.plan() != all.outcome.plan())
      throw input_error(fmt::format("{}: of another experiment than {} ({} {}, not {} {})", options.files[i],
                                    options.files.front(), part.name, document_of(part.options).dump(),
                                    all.name, document_of(all.options).dump()));
    try {
      all.outcome.merge(part.outcome);
    } catch (const input_error& error) {
      throw input_error(fmt::format("{}: {}", options.files[i], error.what()));
    }
  }
  if (all.outcome.trials() == 0) throw input_error(options.files.front() + ": no trials in it yet");
  const Figure figure = figure_named(all.name, all.options);
  const auto document = figure_document(figure, all.options, all.outcome, 0, console.command_line);
  if (!options.checkpoint.empty()) write_checkpoint(options.checkpoint, all);
  give(document, options.outputs, options.json, console);
}

}  // namespace

void add_merge_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand(
      "merge", "Checkpoints of an experiment, made by separate jobs, become one result");
  verb->add_option("FILE", options->files, "Checkpoints of one experiment, of different trials")->required();
  verb->add_option("-o,--output", options->outputs,
                   "Write FILE.json, .csv, .html, .svg, .png or .pdf; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--checkpoint", options->checkpoint, "Write the merged checkpoint");
  verb->add_flag("--json", options->json, "One JSON document on stdout (schema halfulp.figure/1)");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
