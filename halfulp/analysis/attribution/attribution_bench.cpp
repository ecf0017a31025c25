// Attribution with 16 probes beside plain runs of the same recipes, in the same process: the bundled model,
// or a checkpoint and its token ids.  The prediction must stand within a factor 2 of what the run shows
// before times are printed.
//   attribution_bench [FOLDER [IDS]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "halfulp/analysis/attribution/attribution.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/token_ids.hpp"

namespace {

using namespace halfulp;
using Clock = std::chrono::steady_clock;

/// The median of five.
double seconds(const std::function<void()>& work) {
  std::vector<double> times;
  for (int k = 0; k < 5; ++k) {
    const auto begun = Clock::now();
    work();
    times.push_back(std::chrono::duration<double>(Clock::now() - begun).count());
  }
  std::nth_element(times.begin(), times.begin() + 2, times.end());
  return times[2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      argc > 1 ? std::filesystem::path(argv[1])
               : std::filesystem::path(HALFULP_SOURCE_DIR) / "examples" / "gpt2-tinyshakespeare";
  const Checkpoint model = load_checkpoint(folder);
  const std::vector<std::uint32_t> tokens =
      read_token_ids(argc > 2 ? std::filesystem::path(argv[2]) : folder / "tokens.json");
  std::printf("%s, %zu tokens, %zu threads; 16 probes, seconds\n", folder.c_str(), tokens.size(), threads());
  std::printf("%-12s %10s %26s %26s %26s\n", "recipe", "one run", "without flips and bounds",
              "without bounds", "all");
  for (const char* text : {"bf16", "bf16-flash", "fp16", "pure-bf16", "fp32"}) {
    const Recipe recipe(text);
    const ModelRun run{model.architecture, model.weights, tokens, recipe};
    AttributionOptions options;
    options.run = true;
    const Attribution beside = attribute(run, options);
    if (!(beside.predicted < 2 * *beside.observed && *beside.observed < 2 * beside.predicted))
      std::printf("wrong: %g predicted, %g observed\n", beside.predicted, *beside.observed);
    options.run = false;
    const double once = seconds([&] { const RecipeRun plain(run); });
    std::printf("%-12s %10.3f", text, once);
    for (const auto& [flips, bounds] : {std::pair{false, false}, {true, false}, {true, true}}) {
      options.flips = flips;
      options.bounds = bounds;
      const double whole = seconds([&] { attribute(run, options); });
      std::printf(" %13.3f (%5.1f runs)", whole, whole / once);
    }
    std::printf("\n");
  }
}
