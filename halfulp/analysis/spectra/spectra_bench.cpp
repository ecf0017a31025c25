// spectra of a synthetic checkpoint with the attention of Llama-2-7B (32 layers, 32 heads, d 4096, bf16),
// beside what OpenBLAS takes to multiply each [d_h, d] weight matrix by its transpose in binary32, in the
// same run.  The answer is checked first: a few heads against the double-double factorisation.
//   spectra_bench --folder DIR [--layers N] [--rounds N] [--threads N] [--json FILE]
// DIR is written unless it has a model.safetensors (4.3 GB for 32 layers).
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "halfulp/analysis/spectra/spectra.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/openblas_bench.hpp"
#include "halfulp/models/synthetic.hpp"

namespace {

using namespace halfulp;

/// On the clock, and of processors: the latter says more where other work runs beside.
struct Time {
  double clock = 0, processor = 0;
};

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

Time seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  const double before = processor_seconds();
  body();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          processor_seconds() - before};
}

/// Each of `count` products W W^T, W [n, d], by as many threads, each with its own matrices.
void all_products(const Blas& blas, std::size_t count, std::size_t n, std::size_t d,
                  std::size_t thread_count) {
  constexpr std::size_t different = 16;  // more than the nearest caches hold
  static std::vector<float> w;
  if (w.size() != different * n * d) {
    w.resize(different * n * d);
    for (std::size_t i = 0; i < w.size(); ++i)
      w[i] = static_cast<float>(static_cast<int>(i * 2654435761u % 1999) - 999);
  }
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < thread_count; ++t)
    threads.emplace_back([&, t] {
      std::vector<float> g(n * n);
      const int rows = static_cast<int>(n), columns = static_cast<int>(d);
      for (std::size_t m = t; m < count; m += thread_count) {
        const float* const a = w.data() + m % different * n * d;
        blas.sgemm(101, 111, 112, rows, rows, columns, 1, a, columns, a, columns, 0, g.data(), rows);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

void fail(const char* what) {
  std::fprintf(stderr, "spectra_bench: wrong answer: %s\n", what);
  std::exit(5);
}

/// Some heads of the first layer by the other way of factorising.
void check(const AttentionModel& model) {
  const ModelSpectra found = spectra(model, {0, 0});
  const LayerInput input = layer_input(model.layers[0].norm, model.shape.width);
  for (const std::size_t head : {std::size_t{0}, model.shape.heads - 1}) {
    const auto factor = [&](const HeadViews& views, std::size_t h) {
      return thin_factor_in_double_double({views.head(h), input.gain, input.centred, {}});
    };
    const ProductSpectrum other =
        product_spectrum(factor(model.layers[0].key.weight, model.shape.kv_head_of(head)),
                         factor(model.layers[0].query.weight, head));
    const Circuit& own = found.heads[head].kq;
    for (std::size_t i = 0; i < other.values.size(); ++i)
      if (std::fabs(own.singular_values[i] - other.values[i]) > 1e-10 * other.values[0])
        fail("singular values");
  }
}

/// Peak of the memory that is not a clean page of a file, in MiB.
double peak_anonymous() {
  std::ifstream status("/proc/self/status");
  double peak = 0, file = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) peak = std::strtod(line.c_str() + 6, nullptr);
    if (line.starts_with("RssAnon:")) file = std::strtod(line.c_str() + 8, nullptr);
  }
  std::printf("memory: peak resident %.0f MiB, mapped pages included; anonymous now %.0f MiB\n", peak / 1024,
              file / 1024);
  return file / 1024;
}

Time best(const std::vector<Time>& times) {
  Time least = times.empty() ? Time{} : times[0];
  for (const Time& t : times)
    least = {std::min(least.clock, t.clock), std::min(least.processor, t.processor)};
  return least;
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder, json;
  std::size_t layers = 32, thread_count = 2;
  int rounds = 3;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--folder") folder = argv[i + 1];
    if (name == "--json") json = argv[i + 1];
    if (name == "--layers") layers = static_cast<std::size_t>(std::atoi(argv[i + 1]));
    if (name == "--threads") thread_count = static_cast<std::size_t>(std::atoi(argv[i + 1]));
    if (name == "--rounds") rounds = std::atoi(argv[i + 1]);
  }
  if (folder.empty()) {
    std::printf("spectra_bench --folder DIR [--layers N] [--rounds N] [--threads N] [--json FILE]\n");
    return 0;
  }
  if (!std::filesystem::exists(std::filesystem::path(folder) / "model.safetensors"))
    std::printf("written in %.1f s\n", seconds([&] {
                                         write_synthetic_attention(
                                             folder, llama_architecture(16, 4096, layers, 32, 32, 16, 4096),
                                             1);
                                       }).clock);
  const Blas blas;
  set_threads(thread_count);
  const AttentionModel model = read_attention(folder);
  const AttentionShape& s = model.shape;
  check(model);
  const std::size_t matrices = 2 * s.layers * (s.heads + s.kv_heads);
  std::vector<Time> ours, hashing, peers;
  std::printf("instruction set %s, OpenBLAS kernel %s, %zu threads, %zu matrices %zu x %zu\n", kernels().name,
              blas.kernel.c_str(), thread_count, matrices, s.head_width, s.width);
  std::printf("seconds on the clock and (of processors)\n");
  for (int r = 0; r < rounds; ++r) {
    if (blas.sgemm)
      peers.push_back(seconds([&] { all_products(blas, matrices, s.head_width, s.width, thread_count); }));
    ours.push_back(seconds([&] { spectra(model); }));
    hashing.push_back(seconds([&] { model_hash(model); }));
    const Time &own = ours.back(), &hash = hashing.back();
    std::printf("spectra %.2f (%.2f), fingerprint of the file %.2f (%.2f)", own.clock, own.processor,
                hash.clock, hash.processor);
    if (blas.sgemm) {
      const Time& peer = peers.back();
      std::printf(", sgemm %.2f (%.2f): %.2f times (%.2f)", peer.clock, peer.processor,
                  own.clock / peer.clock, own.processor / peer.processor);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  const double anonymous = peak_anonymous();
  if (!json.empty()) {
    std::ofstream file(json);
    file << "{\"schema\": \"halfulp.bench/1\", \"target\": \"" << kernels().name << "\", \"sgemm\": \""
         << blas.kernel << "\", \"figures\": [{\"figure\": \"spectra\", \"seconds\": " << best(ours).clock
         << ", \"processor_seconds\": " << best(ours).processor
         << ", \"fingerprint_seconds\": " << best(hashing).clock
         << ", \"peer_seconds\": " << best(peers).clock
         << ", \"peer_processor_seconds\": " << best(peers).processor << ", \"matrices\": " << matrices
         << ", \"anonymous_mib\": " << anonymous << ", \"goal\": 3}]}\n";
  }
}
