// Constants of the elementary functions.  Each is a sum of binary64 numbers, every part the nearest to what
// the parts before it leave (hi has 26 significant bits in the table of powers of two, so that its product
// with another 26-bit number is exact).  elementary_test.cpp recomputes every entry with MPFR and compares
// bits.
#pragma once

#include "halfulp/arith/double_double.hpp"

namespace halfulp::detail {

/// A number as hi + mid + lo.
struct ThreeParts {
  double hi, mid, lo;
};

// clang-format off
/// log(2)/64, the first part truncated to a multiple of 2^-40 (34 bits): n times it is exact for |n| < 2^19.
inline constexpr ThreeParts log_2_by_64 = {0x1.62e42fef8p-7, 0x1.1cf79abc9e3b4p-42, -0x1.9ff0342542fc3p-96};

/// 2^(j/64), j = 0..63.
inline constexpr ThreeParts power_of_two[64] = {
    {0x1p0, 0x0p0, 0x0p0},
    {0x1.02c9a4p0, -0x1.887f9f1190835p-28, -0x1.ad842eb210b61p-83},
    {0x1.059b0dp0, 0x1.8ac2ba1d73e2ap-27, 0x1.1d6d19482ffcap-81},
    {0x1.0874518p0, 0x1.d66f20230d7c9p-30, 0x1.d9427fa2b041bp-84},
    {0x1.0b5587p0, -0x1.833b784eb3a37p-27, 0x1.6e30855306c85p-81},
    {0x1.0e3ec3p0, 0x1.69e8d10103a17p-27, 0x1.3e2bda954ab13p-82},
    {0x1.11301dp0, 0x1.25b50a4ebbf1bp-32, -0x1.26ce73153a33cp-88},
    {0x1.1429abp0, -0x1.56d2204cbefe7p-28, 0x1.0ec961b406113p-82},
    {0x1.172b84p0, -0x1.c15742919041cp-27, 0x1.8a1d6294f2407p-81},
    {0x1.1a35be8p0, 0x1.b7e5ba9e5b4c8p-27, -0x1.2da5c6f94b27ap-81},
    {0x1.1d4873p0, 0x1.68b9aa7805b8p-28, 0x1.44c8783d4c5a1p-83},
    {0x1.2063b88p0, 0x1.8a3358ee3bac1p-30, -0x1.6af6d62f03b78p-84},
    {0x1.2387a7p0, -0x1.8a9dc7993e052p-28, -0x1.38fa8d29b13f3p-82},
    {0x1.26b4568p0, -0x1.0ec1916d42cc6p-27, -0x1.afc589b6c4636p-81},
    {0x1.29e9df8p0, -0x1.70108f69ed175p-27, -0x1.4bb6ab886aedfp-85},
    {0x1.2d285a8p0, -0x1.1bfcf4bff6e2bp-28, 0x1.b683a9c22c4e1p-83},
    {0x1.306fe08p0, 0x1.18db8a96f46adp-27, 0x1.18c17217b7b2fp-82},
    {0x1.33c08bp0, 0x1.320b7fa64e431p-27, -0x1.e4d32d280d45dp-81},
    {0x1.371a738p0, -0x1.8aac6ab1d756p-29, 0x1.7a2a3cc3f1f09p-83},
    {0x1.3a7db38p0, -0x1.8d30048af21b7p-27, 0x1.33c143a66c2c8p-81},
    {0x1.3dea65p0, -0x1.f6e5eee525f6fp-27, 0x1.f09ebb9fdd166p-83},
    {0x1.4160a2p0, 0x1.f72e29f84325cp-28, -0x1.c309278132b44p-82},
    {0x1.44e086p0, 0x1.8624b40c4dbdp-30, 0x1.3be033f7a9e77p-85},
    {0x1.486a2b8p0, -0x1.1f6197f61f2e2p-27, -0x1.2df3a1f878451p-81},
    {0x1.4bfdad8p0, -0x1.64eaec715e343p-27, 0x1.fd885c41c06c7p-81},
    {0x1.4f9b278p0, -0x1.62d35952cc275p-28, 0x1.a6a81cfb95781p-82},
    {0x1.5342b58p0, -0x1.62b07e20f57c4p-28, 0x1.2761a98fd399dp-82},
    {0x1.56f4738p0, -0x1.4ad82599135p-28, 0x1.1d93acf003cbdp-82},
    {0x1.5ab07ep0, -0x1.5bd5eb539b67fp-27, -0x1.5cdc299744ee5p-81},
    {0x1.5e76f18p0, -0x1.296f5bc8b20dap-27, 0x1.01ccbb35032a4p-83},
    {0x1.6247ebp0, 0x1.d2ac258f87d03p-31, 0x1.fa5b4857639d6p-85},
    {0x1.662388p0, 0x1.2a91124893ecfp-27, 0x1.4dc798a519bfap-83},
    {0x1.6a09e68p0, -0x1.80c4336f74d05p-28, 0x1.366ea957d3e3bp-84},
    {0x1.6dfb24p0, -0x1.cd72e886ef8eap-27, 0x1.7c3775506967ep-81},
    {0x1.71f75e8p0, 0x1.d8bee7ba46e1ep-29, 0x1.778566b65a1a6p-83},
    {0x1.75feb58p0, -0x1.bd98374091656p-28, 0x1.9d24593838c03p-83},
    {0x1.7a1147p0, 0x1.f580c36bea881p-27, 0x1.fb66d0faf7a16p-83},
    {0x1.7e2f338p0, -0x1.30b19defa2fd4p-28, -0x1.7aa1a07a3d7afp-82},
    {0x1.8258998p0, 0x1.4cce128acf88bp-28, -0x1.532d7fbc254a7p-86},
    {0x1.868d998p0, 0x1.a2497640720edp-27, -0x1.ea7b5d1f16f65p-81},
    {0x1.8ace54p0, 0x1.15506dadd3e2bp-27, -0x1.79b4d9130644ap-82},
    {0x1.8f1ae98p0, 0x1.1577362b98274p-28, 0x1.71cbb6013bf27p-82},
    {0x1.93737bp0, 0x1.9b8bc9e8a0388p-29, -0x1.b57ebba5a076ap-85},
    {0x1.97d82ap0, -0x1.0d8d83a30b6f8p-31, -0x1.b85d0a04918a4p-86},
    {0x1.9c4918p0, 0x1.51f8480e3e236p-27, -0x1.f1c1a834e44a4p-81},
    {0x1.a0c6678p0, 0x1.aef2b2594d6d4p-27, 0x1.7195669354084p-81},
    {0x1.a5503bp0, 0x1.1f12ae45a1225p-27, -0x1.c6a0f086ff5ebp-81},
    {0x1.a9e6b58p0, -0x1.4301205e0a6dep-27, -0x1.0802cece9d2a4p-82},
    {0x1.ae89f98p0, 0x1.5ad3ad5e8734dp-28, 0x1.773205a7fbc3bp-84},
    {0x1.b33a2b8p0, 0x1.3c57ebdaff43ap-30, -0x1.09ae0f6a2a1f9p-86},
    {0x1.b7f76fp0, 0x1.7daf237553d84p-27, 0x1.ab53c5354c89p-84},
    {0x1.bcc1e9p0, 0x1.2f074891ee83dp-30, 0x1.6cf423342c80ap-86},
    {0x1.c199bep0, -0x1.3d56b1eeef9a7p-27, -0x1.abedc8b330d77p-81},
    {0x1.c67f13p0, -0x1.a82eb4b5dec8p-28, -0x1.6f86a67f1130dp-83},
    {0x1.cb720ep0, -0x1.8837cb757e1a1p-27, -0x1.c2d6c4913c4d5p-81},
    {0x1.d072d48p0, 0x1.03c4bdc687918p-27, -0x1.bcbd4e3ce088p-81},
    {0x1.d5818ep0, -0x1.822dbc6d12fd3p-27, 0x1.d6cdc1b953eb1p-81},
    {0x1.da9e6p0, 0x1.ed9942b84600dp-27, 0x1.6db5325fd891cp-82},
    {0x1.dfc973p0, 0x1.bdcdaf5cb4656p-27, 0x1.cf6948db912d5p-83},
    {0x1.e502ee8p0, -0x1.d30027630bb4p-30, 0x1.53991e8f4965ap-84},
    {0x1.ea4afap0, 0x1.52486cc2c7b9dp-27, 0x1.8f5db301f86dfp-84},
    {0x1.efa1bfp0, -0x1.9ea5d888e02dep-28, -0x1.5b494f8248a8bp-82},
    {0x1.f507658p0, 0x1.b722a033a7c26p-27, -0x1.13af3a8a00cep-81},
    {0x1.fa7c18p0, 0x1.9e90d82e90a7ep-28, 0x1.d2c98f0770183p-82},
};

/// 1/n!, n = 0..28.
inline constexpr DoubleDouble inverse_factorial[29] = {
    {0x1p0, 0x0p0},
    {0x1p0, 0x0p0},
    {0x1p-1, 0x0p0},
    {0x1.5555555555555p-3, 0x1.5555555555555p-57},
    {0x1.5555555555555p-5, 0x1.5555555555555p-59},
    {0x1.1111111111111p-7, 0x1.1111111111111p-63},
    {0x1.6c16c16c16c17p-10, -0x1.f49f49f49f49fp-65},
    {0x1.a01a01a01a01ap-13, 0x1.a01a01a01a01ap-73},
    {0x1.a01a01a01a01ap-16, 0x1.a01a01a01a01ap-76},
    {0x1.71de3a556c734p-19, -0x1.c154f8ddc6cp-73},
    {0x1.27e4fb7789f5cp-22, 0x1.cbbc05b4fa99ap-76},
    {0x1.ae64567f544e4p-26, -0x1.c062e06d1f209p-80},
    {0x1.1eed8eff8d898p-29, -0x1.2aec959e14c06p-83},
    {0x1.6124613a86d09p-33, 0x1.f28e0cc748ebep-87},
    {0x1.93974a8c07c9dp-37, 0x1.05d6f8a2efd1fp-92},
    {0x1.ae7f3e733b81fp-41, 0x1.1d8656b0ee8cbp-97},
    {0x1.ae7f3e733b81fp-45, 0x1.1d8656b0ee8cbp-101},
    {0x1.952c77030ad4ap-49, 0x1.ac981465ddc6cp-103},
    {0x1.6827863b97d97p-53, 0x1.eec01221a8b0bp-107},
    {0x1.2f49b46814157p-57, 0x1.2650f61dbdcb4p-112},
    {0x1.e542ba4020225p-62, 0x1.ea72b4afe3c2fp-120},
    {0x1.71b8ef6dcf572p-66, -0x1.d043ae40c4647p-120},
    {0x1.0ce396db7f853p-70, -0x1.aebcdbd20331cp-124},
    {0x1.761b41316381ap-75, -0x1.3423c7d91404fp-130},
    {0x1.f2cf01972f578p-80, -0x1.9ada5fcc1ab14p-135},
    {0x1.3f3ccdd165fa9p-84, -0x1.58ddadf344487p-139},
    {0x1.88e85fc6a4e5ap-89, -0x1.71c37ebd1654p-143},
    {0x1.d1ab1c2dccea3p-94, 0x1.054d0c78aea14p-149},
    {0x1.0a18a2635085dp-98, 0x1.b9e2e28e1aa54p-153},
};

/// 1/n, n = 1..10; entry 0 is unused.
inline constexpr DoubleDouble inverse[11] = {
    {0, 0},
    {0x1p0, 0x0p0},
    {0x1p-1, 0x0p0},
    {0x1.5555555555555p-2, 0x1.5555555555555p-56},
    {0x1p-2, 0x0p0},
    {0x1.999999999999ap-3, -0x1.999999999999ap-57},
    {0x1.5555555555555p-3, 0x1.5555555555555p-57},
    {0x1.2492492492492p-3, 0x1.2492492492492p-57},
    {0x1p-3, 0x0p0},
    {0x1.c71c71c71c71cp-4, 0x1.c71c71c71c71cp-58},
    {0x1.999999999999ap-4, -0x1.999999999999ap-58},
};

/// pi/2 to 2^-217.
inline constexpr double half_pi[4] = {0x1.921fb54442d18p0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110, 0x1.4cf98e804177dp-164};

/// 2/sqrt(pi).
inline constexpr DoubleDouble two_by_sqrt_pi = {0x1.20dd750429b6dp0, 0x1.1ae3a914fed8p-56};
// clang-format on

}  // namespace halfulp::detail
