// A profile of a synthetic Llama of 1.1 B parameters (22 layers, d 2048, 32/4 heads, D 5632): recipe bf16,
// binary64 reference, local and inherited errors, 64 tokens.  Prints seconds and the peak of resident memory
// beside mapped pages.
//   profile_bench [FOLDER]        FOLDER keeps the model (2.2 GB) for the next time
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "halfulp/analysis/cost.hpp"
#include "halfulp/analysis/profile.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/synthetic.hpp"

namespace {

using namespace halfulp;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// VmHWM and RssFile of this process in GiB: the peak of resident memory, and how much of it now is mapped
/// files.
double status_gib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) / (1 << 20);
  return 0;
}

/// The measurement itself; each site's numbers must make sense before its time does.
void run(const Checkpoint& model, std::size_t count, ReferenceKind reference, const char* name) {
  std::vector<std::uint32_t> tokens;
  for (std::size_t t = 0; t < count; ++t)
    tokens.push_back(
        static_cast<std::uint32_t>(Philox4x32{1, 1}.block(t)[0] % model.architecture.vocabulary));
  ProfileOptions options;
  options.reference = reference;
  const auto begun = Clock::now();
  const Profile result = profile(model.architecture, model.weights, tokens, Recipe("bf16"), options);
  const double seconds = seconds_since(begun);
  for (const SiteProfile& site : result.sites)
    if (!(site.local.normwise < 0.1 && site.total.normwise < 1))
      std::printf("wrong: %s\n", std::string(name_of(site.site)).c_str());
  const double products = 4 * pass_cost(model.architecture, count);
  std::printf(
      "%-10s %4zu tokens  %7.1f s  %6.2f G products/s  peak %.2f GiB resident  KL %.3g  reference %s %.1e\n",
      name, count, seconds, products / seconds * 1e-9, status_gib("VmHWM"), result.output.kld.mean,
      result.reference.check.c_str(), result.reference.radius.value_or(NAN));
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      argc > 1 ? std::filesystem::path(argv[1])
               : std::filesystem::temp_directory_path() / ("halfulp-llama-" + std::to_string(::getpid()));
  if (!std::filesystem::exists(folder / "model.safetensors")) {
    const auto begun = Clock::now();
    write_synthetic_llama(folder, llama_architecture(32000, 2048, 22, 32, 4, 5632, 2048), 1);
    std::printf("wrote the model in %.1f s\n", seconds_since(begun));
  }
  const auto begun = Clock::now();
  const Checkpoint model = load_checkpoint(folder);
  std::printf("%.2f B parameters, %.2f GB, opened and checked in %.1f s, %zu threads\n",
              static_cast<double>(model.architecture.parameters()) * 1e-9,
              static_cast<double>(model.bytes()) * 1e-9, seconds_since(begun), threads());
  run(model, 64, ReferenceKind::fp64, "fp64");
  run(model, 64, ReferenceKind::certified, "certified");
  if (argc < 2) std::filesystem::remove_all(folder);
}
