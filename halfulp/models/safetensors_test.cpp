#include "halfulp/models/safetensors.hpp"

#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// Parses a file with this header and `data_bytes` zero bytes.
auto parsing(const std::string& header, std::size_t data_bytes) {
  return
      [=] { parse_safetensors(bytes_of(safetensors_file(header, std::string(data_bytes, '\0'))), "m.st"); };
}

const std::string one = R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";

TEST(Safetensors, ReadsNamesTypesShapesAndPlaces) {
  const std::string header =
      R"({"b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},"__metadata__":{"format":"pt"},)"
      R"("a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})";
  const std::string file = safetensors_file(header, std::string(14, 'x'));
  const auto tensors = parse_safetensors(bytes_of(file), "m.st");
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_FALSE(tensors[0].dtype.has_value());
  EXPECT_EQ(tensors[1].name, "b");
  EXPECT_EQ(tensors[1].dtype, DType::bf16);
  EXPECT_EQ(tensors[1].shape, std::vector<std::size_t>{3});
  EXPECT_EQ(tensors[1].offset, 8 + header.size() + 8);
  EXPECT_EQ(tensors[1].bytes, 6U);
  EXPECT_EQ(tensors[1].data, bytes_of(file).data() + tensors[1].offset);
}

TEST(Safetensors, SpacesAfterTheHeaderAndEmptyTensorsAreLegal) {
  parsing(one + "     ", 16)();
  parsing(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]}})",
      4)();
  parsing("{}", 0)();
}

TEST(Safetensors, NamesTheHeaderLengthThatLies) {
  const auto parse = [](const std::string& file) {
    return [=] { parse_safetensors(bytes_of(file), "m.st"); };
  };
  expect_input_error(parse("abc"), {"m.st", "truncated", "3 bytes"});
  expect_input_error(parse(little_endian(1000, 8) + "{}"), {"m.st", "byte 0", "1000", "2 bytes follow"});
  expect_input_error(parse(little_endian(100'000'001, 8) + "{}"), {"m.st", "100000001", "100 MB"});
  expect_input_error(parse(std::string(16, '\xff')), {"m.st", "18446744073709551615", "100 MB"});
  expect_input_error(parse("GGUF" + std::string(20, '\1')), {"m.st", "GGUF"});
  expect_input_error(parse("PK\x03\x04" + std::string(20, '\1')), {"m.st", "pickle"});
  expect_input_error(parse("version https://git-lfs.github.com/spec/v1"), {"m.st", "Git LFS"});
}

TEST(Safetensors, NamesTheByteOfInvalidJson) {
  expect_input_error(parsing("[]", 0), {"m.st", "byte 8", "no safetensors"});
  expect_input_error(parsing("", 0), {"m.st", "byte 8"});
  expect_input_error(parsing(R"({"a":})", 0), {"m.st", "invalid JSON at byte 13"});
  expect_input_error(parsing(one.substr(0, 30), 16), {"m.st", "invalid JSON at byte"});
  expect_input_error(parsing(one + std::string(1, '\0'), 16), {"m.st", "invalid JSON at byte"});
  expect_input_error(parsing(R"({"a":)" + std::string(10'000, '['), 0), {"m.st", "deep"});
}

TEST(Safetensors, RefusesATensorThatStandsTwice) {
  const std::string entry = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  expect_input_error(parsing("{" + entry + "," + entry + "}", 4), {"m.st", "'a'", "twice"});
}

TEST(Safetensors, RefusesEntriesOfTheWrongType) {
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  expect_input_error(parsing(R"({"a":3})", 4), {"m.st", "'a'", "not an object"});
  expect_input_error(parsing(R"({"a":{"dtype":"F32","shape":[1]}})", 4), {"'a'", "data_offsets"});
  expect_input_error(parsing(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"scale":2}})", 4),
                     {"'a'", "'scale'"});
  expect_input_error(parsing(entry("3", "[1]", "[0,4]"), 4), {"'a'", "dtype"});
  expect_input_error(parsing(entry(R"("Q4_0")", "[1]", "[0,4]"), 4), {"'a'", "'Q4_0'", "unknown"});
  expect_input_error(parsing(entry(R"("F32")", "1", "[0,4]"), 4), {"'a'", "shape"});
  expect_input_error(parsing(entry(R"("F32")", "[-1]", "[0,4]"), 4), {"'a'", "shape", "-1"});
  expect_input_error(parsing(entry(R"("F32")", "[1.5]", "[0,4]"), 4), {"'a'", "shape", "1.5"});
  expect_input_error(parsing(entry(R"("F32")", "[99999999999999999999]", "[0,4]"), 4), {"'a'", "shape"});
  expect_input_error(parsing(entry(R"("F32")", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]"), 4),
                     {"'a'", "17 dimensions"});
  expect_input_error(parsing(entry(R"("F32")", "[1]", "[0]"), 4), {"'a'", "data_offsets"});
  expect_input_error(parsing(entry(R"("F32")", "[1]", R"([0,"4"])"), 4), {"'a'", "data_offsets"});
  expect_input_error(parsing(R"({"__metadata__":[]})", 0), {"m.st", "__metadata__"});
  expect_input_error(parsing(R"({"__metadata__":{"k":1}})", 0), {"m.st", "__metadata__", "'k'"});
}

TEST(Safetensors, RefusesOffsetsThatAreReversedOrOutOfRange) {
  const std::string reversed = R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[16,0]}})";
  expect_input_error(parsing(reversed, 16), {"m.st", "'a'", "[16, 0]", "backwards"});
  expect_input_error(parsing(one, 15), {"m.st", "'a'", "[0, 16]", "has 15", "truncated"});
  const std::string far =
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,18446744073709551615]}})";
  expect_input_error(parsing(far, 16), {"m.st", "'a'", "18446744073709551615"});
}

TEST(Safetensors, RefusesShapesThatDoNotFitTheBytes) {
  expect_input_error(parsing(R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,16]}})", 16),
                     {"m.st", "'a'", "[2, 3]", "F32", "24 bytes", "hold 16"});
  // 2^32 * 2^32 * 4 wraps to 0 in 64 bits.
  expect_input_error(
      parsing(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
      {"m.st", "'a'", "no possible number"});
  // 2^62 entries of 32 bits wrap to 0 bytes as well.
  expect_input_error(
      parsing(R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})", 0),
      {"m.st", "'a'", "no possible number"});
  expect_input_error(parsing(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1),
                     {"'a'", "no possible number"});
}

TEST(Safetensors, RefusesOverlapsHolesAndTrailingBytes) {
  const auto two = [](int begin, int end) {
    return R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[)" +
           std::to_string(end - begin) + R"(],"data_offsets":[)" + std::to_string(begin) + "," +
           std::to_string(end) + "]}}";
  };
  parsing(two(8, 12), 12)();
  expect_input_error(parsing(two(4, 12), 12), {"m.st", "'b'", "overlaps", "'a'"});
  expect_input_error(parsing(two(10, 12), 12), {"m.st", "'b'", "no tensor"});
  const std::size_t start = 8 + two(8, 12).size();
  expect_input_error(parsing(two(8, 12), 15),
                     {"m.st", "3 bytes after the last tensor", "byte " + std::to_string(start + 12)});
  const std::string late = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})";
  expect_input_error(parsing(late, 4), {"m.st", "'a'", "no tensor"});
}

TEST(Safetensors, NamesOfTensorsCannotBreakTheLine) {
  expect_input_error(parsing("{\"a\\nb\\u001b[2J\":3}", 0), {"a\\x0ab\\x1b[2J"});
  expect_input_error(parsing("{\"" + std::string(100'000, 'x') + "\":3}", 0), {"xxx..."});
}

}  // namespace
}  // namespace halfulp
