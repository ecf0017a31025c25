// halfulp tolerance: the atol and rtol of a kernel's test, from the theorems.
#include <memory>

#include "halfulp/analysis/tolerance/tolerance.hpp"
#include "halfulp/cli/comma_list.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"
#include "halfulp/report/tolerance_report.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "OP: dot (--k), gemm (--k --m --n), softmax (rows --m of --n), rmsnorm, layernorm (--n tokens of --d),\n"
    "sdpa (--m queries, --n keys, heads of --d), swiglu, rope (--n tokens of --d).\n"
    "A result y of the kernel and the reference b are compared in binary64: |y - b| <= atol + rtol |b|.\n"
    "Each value comes with its formula, the numbers in it, what it rests on and what it assumes; where a\n"
    "hypothesis fails (a sum may overflow, k u >= 1) it says so, and there is no statement.\n"
    "Largest magnitudes are --absmax a,b  x,gain,bias  q,K,V  a,b; the last stands for those that are "
    "missing.\n"
    "\n"
    "Examples:\n"
    "  halfulp tolerance gemm --k 4096 --m 64 --n 64 --absmax 5,0.1\n"
    "  halfulp tolerance softmax --n 1000 --in fp16 --out fp16 --absmax 10 --exp-ulp 1\n"
    "  halfulp tolerance sdpa --n 2048 --d 128 --order flash:64 --absmax 4 --against kernel\n"
    "  halfulp tolerance rmsnorm --d 4096 --inner bf16 --json\n"
    "  halfulp tolerance gemm --k 512 --in e4m3fn --acc e8m13 --order aligned:32 --absmax 8\n";

struct Options {
  std::string op, against = "binary64", output;
  ToleranceRequest request;
  bool natural_exp = false, json = false;
};

void run(const Options& options, Console& console) {
  ToleranceRequest request = options.request;
  request.op = operation_named(options.op);
  request.against = reference_named(options.against);
  if (options.natural_exp) request.natural_exp = true;
  const std::string form = form_of_output(options.output, {".json", ".html"});
  const auto document = tolerance_document(tolerance_of(request), console.command_line);
  if (!options.output.empty())
    write_whole_file(options.output, form == ".html" ? html_page(document) : document.dump(1) + "\n");
  console.out << (options.json ? document.dump(1) + "\n" : tolerance_text(document));
  if (!options.output.empty() && !options.json)
    console.out << "\nThe full result is in " << options.output << ".\n";
}

}  // namespace

void add_tolerance_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  ToleranceRequest& r = options->request;
  CLI::App* verb = program.add_subcommand(
      "tolerance",
      "Say which atol and rtol are right for a kernel's test, by its operation, shape and formats");
  verb->add_option("OP", options->op, "The operation; below")->required();
  verb->add_option("--k", r.k, "Terms of a sum (dot, gemm)")->check(check_count);
  verb->add_option("--m", r.m, "Rows of the result, queries (default: 1)")->check(check_count);
  verb->add_option("--n", r.n, "Columns of the result, scores of a row, keys, tokens")->check(check_count);
  verb->add_option("--d", r.d, "Width of a token or head")->check(check_count);
  verb->add_option("--in", r.in, "Format of the inputs (default: bf16)");
  verb->add_option("--acc", r.acc,
                   "Format of sums and of everything inside, e.g. fp32:toward-zero (default: fp32)");
  verb->add_option("--out", r.out, "Format of the result (default: bf16)");
  verb->add_option("--inner", r.inner, "Format in which results between are stored (default: they are not)");
  verb->add_option(
      "--order", r.order,
      "any (default), recursive, pairwise, blocked:B; dot and gemm: aligned:B; softmax and sdpa: "
      "flash:B");
  add_comma_list(*verb, "--absmax", r.absmax, "Largest magnitudes of the inputs (default: 1)");
  verb->add_option(
      "--prob", r.probability,
      "Probability with which a correct kernel may exceed the probabilistic value (default: 1e-6)");
  verb->add_option(
      "--against", options->against,
      "What the result is compared with: exact, binary64 (default), rounded (binary64, then stored "
      "as the result is), kernel (another one)");
  verb->add_flag("--finite", r.finite, "The test knows that nothing overflows");
  verb->add_option("--exp-ulp", r.exp_ulp, "Error of exponentials in ulps (default: 2)");
  verb->add_option("--rsqrt-ulp", r.rsqrt_ulp, "Error of 1/sqrt in ulps (default: 2)");
  verb->add_option("--div-ulp", r.div_ulp, "Error of quotients in ulps (default: 2)");
  verb->add_option("--sincos-ulp", r.sincos_ulp, "Error of sin and cos in ulps (default: 2)");
  verb->add_flag("--natural-exp", options->natural_exp,
                 "Exponentials are exp, not exp2 of arguments multiplied by log2(e)");
  verb->add_option("--eps", r.eps, "Epsilon of a norm (default: 1e-6, layernorm 1e-5)");
  verb->add_option("--deviation", r.deviation,
                   "No token's standard deviation is smaller (layernorm; default: 0)");
  verb->add_option("--position", r.position, "Largest position, if the kernel computes cos and sin (rope)");
  verb->add_option("-o,--output", options->output, "Write the full result: FILE.json or FILE.html");
  verb->add_flag("--json", options->json, "Print the full result as JSON instead of text");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
