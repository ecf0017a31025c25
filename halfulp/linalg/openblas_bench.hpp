// The peer of benchmarks, loaded at run time so that it is no dependency.
#pragma once

#include <dlfcn.h>

#include <cstdlib>
#include <string>

namespace halfulp {

/// OpenBLAS: its widest kernel, one thread a call; sgemm is null where it is not installed.
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

}  // namespace halfulp
