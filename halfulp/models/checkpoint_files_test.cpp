#include "halfulp/models/checkpoint_files.hpp"

#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// The tiny Llama in two shards and their index.
struct Shards {
  TemporaryFolder folder;
  TinyCheckpoint first = tiny_llama(), second = first;
  nlohmann::ordered_json index;

  Shards() {
    first.tensors.erase(first.tensors.begin() + 9, first.tensors.end());
    second.tensors.erase(second.tensors.begin(), second.tensors.begin() + 9);
    for (const auto& t : first.tensors) index["weight_map"][t.name] = "model-00001-of-00002.safetensors";
    for (const auto& t : second.tensors) index["weight_map"][t.name] = "model-00002-of-00002.safetensors";
  }
  void write() const {
    write_file(folder / "config.json", first.config.dump());
    write_file(folder / "model-00001-of-00002.safetensors", first.file());
    write_file(folder / "model-00002-of-00002.safetensors", second.file());
    write_file(folder / "model.safetensors.index.json", index.dump());
  }
  void expect_refused(const std::vector<std::string>& parts) const {
    expect_input_error([&] { load_checkpoint(folder.path()); }, parts);
  }
};

TEST(CheckpointFiles, ShardsMakeTheSameModelAsOneFile) {
  const Shards shards;
  shards.write();
  const TemporaryFolder single;
  tiny_llama().write(single.path());
  const Checkpoint a = load_checkpoint(shards.folder.path()), b = load_checkpoint(single.path());
  EXPECT_EQ(a.files.size(), 2U);
  EXPECT_EQ(model_hash(a), model_hash(b));
  EXPECT_EQ(a.weights.blocks[1].mlp_out.weight.at(3, 4), b.weights.blocks[1].mlp_out.weight.at(3, 4));
}

TEST(CheckpointFiles, NamesTheShardThatIsMissing) {
  const Shards shards;
  shards.write();
  std::filesystem::remove(shards.folder / "model-00002-of-00002.safetensors");
  shards.expect_refused(
      {"model-00002-of-00002.safetensors", "shard is missing", "model.safetensors.index.json"});
}

TEST(CheckpointFiles, IndexAndShardsMustAgree) {
  Shards shards;
  shards.index["weight_map"]["model.extra.weight"] = "model-00001-of-00002.safetensors";
  shards.write();
  shards.expect_refused({"model-00001-of-00002.safetensors", "'model.extra.weight'", "is not in this file"});
  shards.index["weight_map"].erase("model.extra.weight");
  shards.index["weight_map"].erase("model.norm.weight");
  shards.write();
  shards.expect_refused({"model-00002-of-00002.safetensors", "'model.norm.weight'", "does not say"});
  shards.index["weight_map"]["model.norm.weight"] = "model-00001-of-00002.safetensors";
  shards.write();
  shards.expect_refused({"'model.norm.weight'"});
}

TEST(CheckpointFiles, ShardsMustLieInTheFolder) {
  for (const char* name : {"../model.safetensors", "/etc/passwd", "sub/model.safetensors", "..",
                           ".hidden.safetensors", "", "model.bin", "..\\x.safetensors"}) {
    Shards shards;
    shards.index["weight_map"]["lm_head.weight"] = name;
    shards.write();
    shards.expect_refused(
        {"index.json", "'weight_map'", "'lm_head.weight'", "not the name of a .safetensors file"});
  }
}

TEST(CheckpointFiles, RefusesABrokenIndex) {
  Shards shards;
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"{", "invalid JSON"},
           {"[]", "weight_map"},
           {R"({"weight_map": []})", "weight_map"},
           {R"({"weight_map": {}})", "no tensor"},
           {R"({"weight_map": {"a": 3}})", "'a'"},
           {R"({"weight_map": {"a": "x.safetensors", "a": "x.safetensors"}})", "twice"}}) {
    shards.write();
    write_file(shards.folder / "model.safetensors.index.json", text);
    shards.expect_refused({"model.safetensors.index.json", part});
  }
}

TEST(CheckpointFiles, NamesTheConverterForPickles) {
  for (const char* name : {"pytorch_model.bin", "consolidated.00.pth", "model.pt"}) {
    const TemporaryFolder folder;
    write_file(folder / name, "x");
    expect_input_error(
        [&] { load_checkpoint(folder.path()); },
        {name, "pickle", "safetensors.torch.save_file", "weights_only=True", "model.safetensors"});
    expect_input_error([&] { load_checkpoint(folder / name); }, {name, "pickle"});
  }
}

TEST(CheckpointFiles, RefusesGgufByName) {
  const TemporaryFolder folder;
  write_file(folder / "model-q4.gguf", "GGUF");
  expect_input_error([&] { load_checkpoint(folder.path()); }, {"model-q4.gguf", "GGUF", "not supported"});
  expect_input_error([&] { load_checkpoint(folder / "model-q4.gguf"); }, {"GGUF"});
}

TEST(CheckpointFiles, SaysWhatAFolderLacks) {
  const TemporaryFolder folder;
  expect_input_error([&] { load_checkpoint(folder / "none"); }, {"none", "no such folder"});
  expect_input_error([&] { load_checkpoint(folder.path()); }, {folder.path().string(), "model.safetensors"});
  write_file(folder / "model.safetensors", tiny_llama().file());
  expect_input_error([&] { load_checkpoint(folder.path()); }, {"config.json", "no such file"});
  expect_input_error([&] { load_checkpoint(folder / "model.safetensors"); }, {"is a file", "folder"});
}

}  // namespace
}  // namespace halfulp
