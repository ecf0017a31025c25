# The rules can fail: planted violations are found, and what is allowed is not.
import unittest

from house_rules import build_complaints, source_complaints

GOOD = "halfulp/linalg/sum.hpp"


def complaints(path, line):
    head = "// What it is.\n" + ("#pragma once\n" if path.endswith(".hpp") else "")
    return [what for _, what in source_complaints(path, head + line + "\n")]


class HouseRules(unittest.TestCase):
    def refuses(self, path, line):
        self.assertEqual(len(complaints(path, line)), 1, f"{path}: {line}")

    def accepts(self, path, line):
        self.assertEqual(complaints(path, line), [], f"{path}: {line}")

    def test_IncludesGoDownOnly(self):
        self.accepts("halfulp/layers/rope/rope.hpp", '#include "halfulp/linalg/sum.hpp"')
        self.refuses("halfulp/linalg/sum.hpp", '#include "halfulp/layers/rope/rope.hpp"')
        self.refuses("halfulp/linalg/sum_test.cpp", '#include "halfulp/layers/rope/rope.hpp"')
        self.refuses("halfulp/analysis/a.cpp", '#include "halfulp/report/table.hpp"')
        self.refuses("halfulp/arith/a.cpp", '#include "halfulp/attic/a.hpp"')
        self.refuses("halfulp/arith/a.cpp", '#include "round.hpp"')

    def test_TestHeadersStayInTests(self):
        self.accepts("halfulp/arith/round_test.cpp", '#include "halfulp/arith/mpfr_oracle.hpp"')
        self.refuses("halfulp/arith/round.cpp", '#include "halfulp/arith/mpfr_oracle.hpp"')
        self.refuses("halfulp/models/a.cpp", '#include "halfulp/models/drive_readers_testing.hpp"')

    def test_LibrariesEnterOnTheirFloor(self):
        self.accepts("halfulp/arith/pack/pack.hpp", "#include <hwy/highway.h>")
        self.refuses("halfulp/arith/round.cpp", "#include <hwy/highway.h>")
        self.refuses("halfulp/layers/rope/rope.cpp", "#include <hwy/highway.h>")
        self.refuses("halfulp/analysis/a.cpp", "#include <nlohmann/json.hpp>")
        self.refuses("halfulp/report/a.cpp", "#include <CLI/CLI.hpp>")
        self.refuses("halfulp/linalg/a.cpp", "#include <oneapi/tbb/parallel_for.h>")
        self.refuses("halfulp/arith/round.cpp", "#include <mpfr.h>")
        self.accepts("halfulp/arith/round_test.cpp", "#include <mpfr.h>")
        self.refuses("halfulp/linalg/matmul.cpp", "#include <cblas.h>")
        self.accepts("halfulp/linalg/matmul_bench.cpp", "#include <cblas.h>")
        self.refuses("halfulp/base/a.cpp", "#include <boost/any.hpp>")
        self.accepts("halfulp/base/a.cpp", "#include <type_traits>")

    def test_NoTranscendentalOfTheCLibrary(self):
        for call in ("std::exp(x)", "std::pow (10, p)", "::tanhf(x)", "__builtin_sin(x)", "f(std::log2(x))"):
            self.refuses(GOOD, f"y = {call};")
        for call in ("std::sqrt(x)", "ar.exp(x)", "halfulp::exp(x)", "std::expected(x)", "std::fma(x, y, z)",
                     "1;  // std::exp(x)", 'text("std::exp(x)")', "Native::exp(x)"):
            self.accepts(GOOD, f"y = {call};")
        self.refuses("halfulp/arith/elementary/log.cpp", "y = std::log(x);")
        self.accepts("halfulp/arith/decimal/functions.cpp", "y = std::log10(x);")
        self.refuses("halfulp/arith/decimal/functions.cpp", "y = std::log(x);")

    def test_NoGeneratorNoPrintingNoExit(self):
        for line in ("std::mt19937 g;", "std::random_device d;", "std::normal_distribution<> n;", "std::cout << x;",
                     'fmt::print("x");', "std::exit(1);", "abort();"):
            self.refuses(GOOD, line)
        self.accepts("halfulp/cli/main.cpp", "Console c{std::cin, std::cout};")
        self.accepts(GOOD, "work.exit(x);")

    def test_Form(self):
        self.refuses(GOOD, "\tint x;")
        self.refuses(GOOD, "\n" * 600)
        self.assertEqual(len(list(source_complaints("halfulp/base/a.cpp", "\nint x;\n"))), 1)
        self.assertEqual(len(list(source_complaints("halfulp/base/a.hpp", "// A.\nint x;\n"))), 1)

    def test_LinksGoDownOnlyAndNothingChangesResults(self):
        def count(line):
            return len(list(build_complaints("CMakeLists.txt", line)))

        self.assertEqual(count("add_floor(arith ABOVE base)"), 0)
        self.assertEqual(count("add_floor(arith ABOVE linalg)"), 1)
        self.assertEqual(count("add_floor(arith ABOVE base DEPENDS halfulp_models)"), 1)
        self.assertEqual(count("add_floor(attic)"), 1)
        self.assertEqual(count("  -O3 -ffast-math)"), 1)


if __name__ == "__main__":
    unittest.main()
