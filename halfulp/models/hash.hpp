// A fingerprint of bytes, to see damage; not against somebody who makes two that agree.
#pragma once

#include <cstdint>
#include <string_view>

namespace halfulp {

/// XXH3 of 64 bits.
std::uint64_t hash_of(std::string_view bytes);

}  // namespace halfulp
