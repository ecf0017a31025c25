// Speed of the kernels of this floor, each beside a copy of the same array, the plain loop and OpenBLAS sgemm
// on the same product, in the same run.  Every answer is checked before it is timed.
//   linalg_bench [--json FILE] [--rounds N] [--only WORD]
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/matmul.hpp"
#include "halfulp/linalg/round_array.hpp"

namespace {

using namespace halfulp;

double seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Times of several bodies, taken in turn so that a change of the machine's clock or load meets all of them.
struct Times {
  double best, median;
};
std::vector<Times> in_turn(const std::vector<std::function<void()>>& bodies, int rounds) {
  std::vector<std::vector<double>> times(bodies.size());
  for (const auto& body : bodies) body();
  for (int r = 0; r < rounds; ++r)
    for (std::size_t b = 0; b < bodies.size(); ++b) times[b].push_back(seconds(bodies[b]));
  std::vector<Times> result;
  for (auto& t : times) {
    std::sort(t.begin(), t.end());
    result.push_back({t.front(), t[t.size() / 2]});
  }
  return result;
}

struct Line {
  std::string figure, unit, peer;
  double ours, peers, ratio, median_ratio, goal;
};
std::vector<Line> lines;

void report(const std::string& figure, const std::string& unit, double work, Times ours,
            const std::string& peer, double peer_work, Times peers, double goal) {
  Line line{figure, unit, peer, work / ours.best * 1e-9, peer_work / peers.best * 1e-9, 0, 0, goal};
  line.ratio = line.ours / line.peers;
  line.median_ratio = (work / ours.median) / (peer_work / peers.median);
  std::printf("%-42s %9.3f %-12s %-22s %9.3f %8.4f %8.4f %8.4f %s\n", figure.c_str(), line.ours, unit.c_str(),
              peer.c_str(), line.peers, line.ratio, line.median_ratio, goal,
              line.ratio >= goal || line.median_ratio >= goal ? "" : "below");
  std::fflush(stdout);
  lines.push_back(line);
}

/// OpenBLAS, loaded at run time so that it is no dependency; one thread, its widest kernel.
struct Blas {
  using Gemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float,
                        float*, int);
  Gemm sgemm = nullptr;
  std::string kernel = "none";

  Blas() {
    setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void* const library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    sgemm = reinterpret_cast<Gemm>(dlsym(library, "cblas_sgemm"));
    if (auto* name = reinterpret_cast<char* (*)()>(dlsym(library, "openblas_get_corename"))) kernel = name();
  }
};

void fail(const std::string& what) {
  std::fprintf(stderr, "linalg_bench: wrong answer: %s\n", what.c_str());
  std::exit(5);
}

constexpr std::size_t m = 768, k = 768, n = 128;

struct Problem {
  std::vector<std::uint16_t> weights = std::vector<std::uint16_t>(m * k);
  Matrix<double> x{k, n}, y{m, n};
  std::vector<float> a = std::vector<float>(m * k), b = std::vector<float>(k * n),
                     c = std::vector<float>(m * n);
  Operand w;

  Problem() {
    for (std::uint32_t i = 0; i < m * k; ++i) {
      const auto r = philox(1, {i, 0, 0, 0});
      a[i] = bf16(0.04 * (uniform(r[0], r[1]) + uniform(r[2], r[3]) - 1));
      std::uint32_t bits;
      std::memcpy(&bits, &a[i], 4);
      weights[i] = static_cast<std::uint16_t>(bits >> 16);
    }
    for (std::uint32_t i = 0; i < k * n; ++i) {
      const auto r = philox(2, {i, 0, 0, 0});
      b[i] = bf16(4 * (uniform(r[0], r[1]) + uniform(r[2], r[3]) - 1));
      x(i / n, i % n) = b[i];
    }
    w = {{reinterpret_cast<const std::byte*>(weights.data()), DType::bf16, m, k, k, 1}};
  }
  static float bf16(double value) {
    static const RoundingRule rule = rounding_rule("bf16");
    return static_cast<float>(round({value, 0}, rule));
  }
  /// Compares some entries with the definition.
  void check(const StepFormats& formats, const std::string& name) const {
    for (const std::size_t i : {std::size_t{0}, std::size_t{5}, m - 1}) {
      Operand row = w;
      row.view.data += i * row.view.row_stride * 2;
      row.view.rows = 1;
      if (formats.acc.mode == Rounding::stochastic && i > 0) continue;
      Matrix<double> one(1, n);
      Simulated ar(formats);
      matmul_naive(ar, row, {}, x.view(), one.view());
      for (std::size_t j = 0; j < n; ++j)
        if (std::memcmp(&one(0, j), &y(i, j), 8) != 0) fail(name);
    }
  }
};

StepFormats all_in(const std::string& name) {
  const RoundingRule rule = rounding_rule(name);
  RoundingRule even = rule;
  even.mode = Rounding::nearest_even;
  return {even, rule, rule};
}

void products(const Blas& blas, int rounds, const std::string& only) {
  struct Figure {
    std::string name;
    StepFormats formats;
    double goal;
    int slower;
  };
  const RoundingRule bf16 = rounding_rule("bf16"), fp32 = rounding_rule("fp32"), fp64 = rounding_rule("fp64");
  const std::vector<Figure> figures = {
      {"recipe bf16 (fp32 accumulator)", {bf16, fp32, bf16}, 0.7, 1},
      {"fp32 operands and accumulator", {fp32, fp32, fp32}, 0, 1},
      {"fp64", {fp64, fp64, fp64}, 0, 1},
      {"bin8", all_in("bin8"), 0.15, 1},
      {"bin11", all_in("bin11"), 0.15, 1},
      {"bf16", all_in("bf16"), 0.11, 1},
      {"fp16", all_in("fp16"), 0.09, 1},
      {"e4m3fn", all_in("e4m3fn"), 0.05, 1},
      {"bin20 (binary64 carrier)", all_in("bin20"), 0, 4},
      {"bf16:stochastic", all_in("bf16:stochastic"), 0.012, 8},
      {"fp16:stochastic", all_in("fp16:stochastic"), 0.012, 8},
      {"dec4", all_in("dec4"), 0.002, 30},
      {"dec8", all_in("dec8"), 0.002, 30},
  };
  Problem p;
  const double flops = 2.0 * m * k * n;
  const auto sgemm = [&] {
    blas.sgemm(101, 111, 111, m, n, k, 1, p.a.data(), k, p.b.data(), n, 0, p.c.data(), n);
  };
  std::printf("\nmatrix product %zux%zux%zu; peer: sgemm, OpenBLAS kernel %s\n", m, k, n,
              blas.kernel.c_str());
  for (const Figure& f : figures) {
    if (f.name.find(only) == std::string::npos) continue;
    Simulated ar(f.formats);
    const auto ours = [&] { matmul(ar, p.w, {}, p.x.view(), p.y.view()); };
    set_threads(1);
    ours();
    p.check(f.formats, f.name);
    const int count = std::max(3, rounds / f.slower);
    const auto times = in_turn({ours, blas.sgemm ? std::function<void()>(sgemm) : ours}, count);
    report(f.name, "Grounding/s", flops, times[0], "sgemm GFLOP/s", flops, times[1], f.goal);
    const auto two = in_turn({[&] {
                                set_threads(1);
                                ours();
                              },
                              [&] {
                                set_threads(2);
                                ours();
                              }},
                             count);
    report("  two threads", "Grounding/s", flops, two[1], "one thread", flops, two[0], 1.8);
    set_threads(1);
    Matrix<double> few(m, 8);
    const auto naive =
        in_turn({[&] {
                  Simulated own(f.formats);
                  matmul_rows_naive(own, p.w, {}, p.x.view().columns_part(0, 8), few.view(), 0, 64);
                }},
                3);
    report("  the plain loop", "Grounding/s", flops, times[0], "matmul_naive", 2.0 * 64 * k * 8, naive[0], 0);
  }
  if (only.empty() || only == "double_double") {
    Matrix<DoubleDouble> x(k, n), y(m, n);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < n; ++j) x(i, j) = DoubleDouble{p.x(i, j)} / DoubleDouble{3};
    DoubleDoubleArithmetic dd;
    set_threads(1);
    const auto ours = [&] { matmul(dd, p.w, {}, x.view(), y.view()); };
    const auto times = in_turn({ours, sgemm}, std::max(3, rounds / 20));
    report("double-double", "G(+ and *)/s", flops, times[0], "sgemm GFLOP/s", flops, times[1], 0);
  }
}

template <class T>
struct Aligned {
  T* data;
  explicit Aligned(std::size_t count) : data(static_cast<T*>(std::aligned_alloc(4096, count * sizeof(T)))) {}
  ~Aligned() { std::free(data); }
};

void arrays(int rounds, const std::string& only) {
  for (const std::size_t count : {std::size_t{10'000'000}, std::size_t{8192}}) {
    const bool large = count > 1'000'000;
    std::printf("\narray of %zu binary32; peer: %s\n", count,
                large ? "the faster of memcpy and our copy" : "memcpy");
    Aligned<float> in(count), out(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto r = philox(3, {i, 0, 0, 0});
      in.data[i] =
          static_cast<float>(std::ldexp(uniform(r[0], r[1]) - 0.5, static_cast<int>(r[2] % 24) - 12));
      out.data[i] = 0;
    }
    const int repeat = large ? 1 : 1000;
    const auto repeated = [&](const std::function<void()>& body) {
      return [=] {
        for (int r = 0; r < repeat; ++r) body();
      };
    };
    const auto work = static_cast<double>(count) * repeat;
    const auto libc = repeated([&] { std::memcpy(out.data, in.data, count * 4); });
    const RoundingRule fp32 = rounding_rule("fp32");
    const auto own = repeated([&] { round_array(fp32, in.data, out.data, count); });
    for (const std::string name : {"bf16", "fp16", "e4m3fn", "bf16:stochastic", "fp16:stochastic", "dec4"}) {
      if (name.find(only) == std::string::npos) continue;
      const RoundingRule rule = rounding_rule(name);
      const auto ours = repeated([&] { round_array(rule, in.data, out.data, count, 7); });
      if (name == "dec4" && large) continue;
      round_array(rule, in.data, out.data, count, 7);
      for (std::size_t i = 0; i < count && rule.mode != Rounding::stochastic; i += 1 + count / 5000)
        if (const double y = round({in.data[i], 0}, rule); static_cast<float>(y) != out.data[i] && y == y)
          fail(name);
      const auto times = in_turn({ours, libc, own}, std::max(5, rounds / 10));
      const bool memcpy_wins = times[1].best < times[2].best;
      const Times copy = memcpy_wins ? times[1] : times[2];
      if (rule.mode == Rounding::stochastic) {
        const auto nearest = repeated([&] {
          RoundingRule r = rule;
          r.mode = Rounding::nearest_even;
          round_array(r, in.data, out.data, count);
        });
        const auto both = in_turn({ours, nearest}, std::max(5, rounds / 10));
        report(name, "Gelement/s", work, both[0], "nearest-even", work, both[1], large ? 0.4 : 0);
      } else if (large) {
        report(name, "Gelement/s", work, times[0], memcpy_wins ? "memcpy" : "our copy", work, copy, 0.85);
      } else {
        report(name, "Gelement/s", work, times[0], "4e9/s", 4e9, {1, 1}, name == "dec4" ? 0 : 1);
      }
    }
  }
}

void write_json(const std::string& path, const Blas& blas) {
  std::ofstream file(path);
  file << "{\"schema\": \"halfulp.bench/1\", \"target\": \"" << kernels().name << "\", \"sgemm\": \""
       << blas.kernel << "\", \"figures\": [";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& l = lines[i];
    file << (i ? ",\n  " : "\n  ") << "{\"figure\": \"" << l.figure << "\", \"unit\": \"" << l.unit
         << "\", \"rate\": " << l.ours << ", \"peer\": \"" << l.peer << "\", \"peer_rate\": " << l.peers
         << ", \"ratio\": " << l.ratio << ", \"median_ratio\": " << l.median_ratio << ", \"goal\": " << l.goal
         << "}";
  }
  file << "\n]}\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::string json, only;
  int rounds = 100;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--json") json = argv[i + 1];
    if (std::string(argv[i]) == "--rounds") rounds = std::atoi(argv[i + 1]);
    if (std::string(argv[i]) == "--only") only = argv[i + 1];
  }
  const Blas blas;
  std::printf("instruction set: %s\n", kernels().name);
  std::printf("%-42s %9s %-12s %-22s %9s %8s %8s %8s\n", "figure", "rate e9", "", "peer", "rate e9",
              "best/best", "medians", "goal");
  set_threads(1);
  products(blas, rounds, only);
  arrays(rounds, only);
  if (!json.empty()) write_json(json, blas);
}
