#include "halfulp/models/hash.hpp"

#include <xxhash.h>

namespace halfulp {

std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace halfulp
