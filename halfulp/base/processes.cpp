#include "halfulp/base/processes.hpp"

#ifdef HALFULP_MPI
#include <mpi.h>
#endif

#include <cstdlib>
#include <string_view>

#include "halfulp/base/error.hpp"

namespace halfulp {

#ifdef HALFULP_MPI

namespace {

bool joined = false;

/// mpirun says so; without it MPI would take a second to start for nothing.
bool started_by_mpirun() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK"})
    if (std::getenv(name)) return true;
  return false;
}
int count_of(const std::vector<std::uint64_t>& words) {
  if (words.size() >= (std::size_t{1} << 31) - 1)
    throw resource_error("results too large to send between processes: fewer arithmetics or layers");
  return static_cast<int>(words.size());
}

}  // namespace

Processes::Processes(int& argc, char**& argv) {
  if (!started_by_mpirun()) return;
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  joined = true;
}

void Processes::leave(int exit_code) {
  if (!joined) return;
  if (exit_code >= 2) MPI_Abort(MPI_COMM_WORLD, exit_code);
  MPI_Finalize();
}

std::size_t processes() {
  int size = 1;
  if (joined) MPI_Comm_size(MPI_COMM_WORLD, &size);
  return static_cast<std::size_t>(size);
}
std::size_t process() {
  int rank = 0;
  if (joined) MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return static_cast<std::size_t>(rank);
}

std::vector<std::vector<std::uint64_t>> gathered(const std::vector<std::uint64_t>& words) {
  if (!joined) return {words};
  int count = count_of(words);
  if (process() != 0) {
    MPI_Send(&count, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
    MPI_Send(words.data(), count, MPI_UINT64_T, 0, 1, MPI_COMM_WORLD);
    return {};
  }
  std::vector<std::vector<std::uint64_t>> all{words};
  for (std::size_t from = 1; from < processes(); ++from) {
    const int rank = static_cast<int>(from);
    MPI_Recv(&count, 1, MPI_INT, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    all.emplace_back(static_cast<std::size_t>(count));
    MPI_Recv(all.back().data(), count, MPI_UINT64_T, rank, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  }
  return all;
}

std::vector<std::uint64_t> from_first(std::vector<std::uint64_t> words) {
  if (!joined) return words;
  int count = count_of(words);
  MPI_Bcast(&count, 1, MPI_INT, 0, MPI_COMM_WORLD);
  words.resize(static_cast<std::size_t>(count));
  MPI_Bcast(words.data(), count, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  return words;
}

#else

Processes::Processes(int&, char**&) {}
void Processes::leave(int) {}
std::size_t processes() {
  const char* const size = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (size && std::string_view(size) != "1")
    throw resource_error(
        "started by mpirun, but built without MPI: install Open MPI (Debian: libopenmpi-dev) and build "
        "again");
  return 1;
}
std::size_t process() { return 0; }
std::vector<std::vector<std::uint64_t>> gathered(const std::vector<std::uint64_t>& words) { return {words}; }
std::vector<std::uint64_t> from_first(std::vector<std::uint64_t> words) { return words; }

#endif

}  // namespace halfulp
