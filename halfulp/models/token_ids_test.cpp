#include "halfulp/models/token_ids.hpp"

#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;
using Ids = std::vector<std::uint32_t>;

Ids parse(const std::string& text) { return parse_token_ids(bytes_of(text), "ids"); }

void expect_refused(const std::string& text, const std::vector<std::string>& parts) {
  SCOPED_TRACE(text.substr(0, 80));
  expect_input_error([&] { parse(text); }, parts);
}

/// An NPY file of version 1 or 2 with this dictionary and data.
std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  return std::string("\x93NUMPY") + static_cast<char>(version) + '\0' +
         little_endian(dictionary.size(), version == 1 ? 2 : 4) + dictionary + data;
}

std::string dictionary(const std::string& descr, const std::string& shape,
                       const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }          \n";
}

TEST(TokenIds, TheContentDecidesTheForm) {
  const Ids expected{5, 0, 4294967295};
  EXPECT_EQ(parse("[5, 0, 4294967295]"), expected);
  EXPECT_EQ(
      parse(R"( {"text": "a [1] ", "other": [[7], {"ids": [8]}], "ids": [5,0,4294967295], "n": -1.5} )"),
      expected);
  EXPECT_EQ(parse("5 0\n\t4294967295\r\n"), expected);
  EXPECT_EQ(
      parse(npy(dictionary("<u4", "(3,)"), little_endian(5, 4) + little_endian(0, 4) + "\xff\xff\xff\xff")),
      expected);
}

TEST(TokenIds, NpyOfEveryIntegerTypeVersionAndOrder) {
  for (const std::string type : {"<i4", "<i8", "<u2", "<i2", "|i1", "|u1", "<u1", "<u4", "<u8"})
    for (const std::string shape : {"(2,)", "(1, 2)", "(2)"})
      for (const std::string order : {"True", "False"})
        for (const int version : {1, 2, 3}) {
          const int bytes = type[2] - '0';
          EXPECT_EQ(parse(npy(dictionary(type, shape, order),
                              little_endian(3, bytes) + little_endian(100, bytes), version)),
                    (Ids{3, 100}))
              << type << shape << order << version;
        }
}

TEST(TokenIds, NegativeAndLargeNumbersAreRefusedWithTheirPlace) {
  expect_refused("[1, -2]", {"ids", "entry 1", "-2"});
  expect_refused("[1, 4294967296]", {"entry 1", "4294967296"});
  expect_refused("[1, 99999999999999999999999]", {"entry 1"});
  expect_refused("[1, 2.0]", {"entry 1", "2.0"});
  expect_refused("[\"1\"]", {"entry 0", "a string"});
  expect_refused("[[1, 2]]", {"entry 0", "a list"});
  expect_refused("[1, null]", {"entry 1", "null"});
  expect_refused("12 -3", {"entry 1 at byte 3", "'-3'"});
  expect_refused("1, 2", {"entry 0 at byte 0", "'1,'"});
  expect_refused("1 4294967296", {"entry 1", "4294967296"});
  expect_refused("hello", {"entry 0 at byte 0", "'hello'"});
  const std::string two = dictionary("<i4", "(2,)");
  expect_refused(npy(two, little_endian(1, 4) + "\xfe\xff\xff\xff"),
                 {"entry 1 at byte " + std::to_string(10 + two.size() + 4), "-2"});
  expect_refused(npy(dictionary("<i8", "(1,)"), little_endian(std::uint64_t{1} << 32, 8)),
                 {"entry 0", "4294967296"});
}

TEST(TokenIds, BrokenJsonIsRefused) {
  expect_refused("[1, 2", {"ids", "invalid JSON at byte"});
  expect_refused(R"({"tokens": [1]})", {"'ids' is missing"});
  expect_refused(R"({"ids": 3})", {"'ids'", "not a list"});
  expect_refused(R"({"ids": {"a": 1}})", {"'ids'", "not a list"});
  expect_refused(R"({"ids": [1], "ids": [2]})", {"'ids'", "twice"});
  expect_refused(std::string("[1]\0", 4), {"byte 3"});
  expect_refused(R"({"a": )" + std::string(100'000, '['), {"deep"});
}

TEST(TokenIds, HostileNpyHeadersAreRefused) {
  const std::string data(8, '\0');
  expect_refused("\x93NUMPY", {"NPY"});
  expect_refused(npy("", ""), {"NPY header at byte 10", "'{'"});
  expect_refused(std::string("\x93NUMPY\x01\0\xff\xff{", 11), {"header length", "65535"});
  expect_refused(std::string("\x93NUMPY\x02\0\xff\xff\xff\xff{", 13), {"header length", "4294967295"});
  expect_refused(std::string("\x93NUMPY\x09\0\x01\0{", 11), {"version 9"});
  expect_refused(npy(dictionary("<i4", "(3,)"), data), {"[3]", "8 bytes"});
  expect_refused(npy(dictionary("<i4", "(1,)"), data), {"[1]", "8 bytes"});
  expect_refused(npy(dictionary("<i4", "(4611686018427387906,)"), data), {"does not fit"});
  expect_refused(npy(dictionary("<i4", "(99999999999999999999,)"), data), {"whole number expected"});
  expect_refused(npy(dictionary("<i4", "(-2,)"), data), {"whole number expected"});
  expect_refused(npy(dictionary("<i4", "()"), little_endian(1, 4)), {"shape []"});
  expect_refused(npy(dictionary("<i4", "(2, 1)"), data), {"shape [2, 1]"});
  expect_refused(npy(dictionary(">i4", "(2,)"), data), {"'>i4'", "little-endian"});
  expect_refused(npy(dictionary("<f4", "(2,)"), data), {"'<f4'", "integers"});
  expect_refused(npy(dictionary("|O", "(2,)"), data), {"'|O'"});
  expect_refused(npy(dictionary("|b1", "(8,)"), data), {"'|b1'"});
  expect_refused(npy(dictionary("<i3", "(2,)"), data), {"'<i3'"});
  expect_refused(npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)}", data),
                 {"structured"});
  expect_refused(npy("{'descr': '<i4', 'shape': (2,)}", data), {"missing"});
  expect_refused(npy("{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", data),
                 {"'descr'", "twice"});
  expect_refused(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,)} x", data),
                 {"after the dictionary"});
  expect_refused(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,)", data), {"NPY header"});
  expect_refused(npy("{'descr': '<i4", data), {"NPY header"});
  expect_refused(npy("{'descr': '<i4', 'fortran_order': os.system('x'), 'shape': (2,)}", data),
                 {"neither True nor False"});
}

TEST(TokenIds, ArchivesAreRefused) { expect_refused("PK\x03\x04zzzz", {"ids", "archive or pickle"}); }

TEST(TokenIds, IdsMustFitTheModel) {
  Architecture a;
  a.vocabulary = 10;
  a.positions = 3;
  const std::filesystem::path path = "prompt.json";
  check_token_ids(Ids{0, 9, 5}, a, path);
  expect_input_error([&] { check_token_ids({}, a, path); }, {"prompt.json", "no token ids"});
  expect_input_error(
      [&] {
        check_token_ids(Ids{1, 10}, a, path);
      },
      {"prompt.json", "entry 1 is 10", "vocabulary of 10"});
  expect_input_error(
      [&] {
        check_token_ids(Ids{1, 1, 1, 1}, a, path);
      },
      {"prompt.json", "4 token ids", "3 positions", "--tokens 3"});
}

TEST(TokenIds, FilesThatAreMissingOrEmptyAreNamed) {
  const TemporaryFolder folder;
  expect_input_error([&] { read_token_ids(folder / "none.json"); }, {"none.json", "no such file"});
  write_file(folder / "empty.txt", "");
  expect_input_error([&] { read_token_ids(folder / "empty.txt"); }, {"empty.txt", "empty"});
  write_file(folder / "a.txt", "3 1 2\n");
  EXPECT_EQ(read_token_ids(folder / "a.txt"), (Ids{3, 1, 2}));
}

TEST(TokenIds, AnHonestButEmptyListIsReadAndThenRefused) {
  EXPECT_TRUE(parse("[]").empty());
  EXPECT_TRUE(parse(" \n").empty());
}

}  // namespace
}  // namespace halfulp
