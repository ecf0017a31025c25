// Somebody else's program: it rounds a number, and reads a recipe, so that the lowest and the highest floor
// are linked.
#include <cstdio>

#include "halfulp/analysis/recipe.hpp"
#include "halfulp/arith/round.hpp"

int main() {
  const double y = halfulp::round({0.1}, halfulp::rounding_rule("bf16"));
  const halfulp::Recipe recipe("fp16,head.acc=fp32");
  std::printf("0.1 in bf16 is %a; the recipe stores results in %s\n", y,
              recipe.preset().format.format.name.c_str());
}
