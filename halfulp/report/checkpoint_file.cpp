#include "halfulp/report/checkpoint_file.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "halfulp/base/error.hpp"
#include "halfulp/models/hash.hpp"
#include "halfulp/models/mapped_file.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "words are written as they lie in memory");
constexpr std::string_view title = "halfulp checkpoint 1\n";
constexpr std::size_t word = sizeof(std::uint64_t);

template <class T>
void append(std::string& to, const T* from, std::size_t count) {
  to.append(reinterpret_cast<const char*>(from), count * sizeof(T));
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const ExperimentCheckpoint& checkpoint) {
  Json head;
  head["experiment"] = checkpoint.name;
  head["options"] = document_of(checkpoint.options);
  const std::string text = head.dump(-1, ' ', true);
  std::vector<std::uint64_t> words;
  checkpoint.outcome.append_to(words);
  std::string content(title);
  const std::uint64_t length = text.size();
  append(content, &length, 1);
  content += text;
  append(content, words.data(), words.size());
  const std::uint64_t hash = hash_of(content);
  append(content, &hash, 1);
  write_whole_file(path, content);
}

ExperimentCheckpoint read_checkpoint(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string_view all(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  const auto refuse = [&](const std::string& why) -> input_error {
    return input_error(fmt::format("{}: {}", path.string(), why));
  };
  if (all.substr(0, 19) != title.substr(0, 19)) throw refuse("not a checkpoint of an experiment");
  if (all.substr(0, title.size()) != title)
    throw refuse("a checkpoint of another version of halfulp; make it again");
  if (all.size() < title.size() + 2 * word) throw refuse("cut off");
  std::uint64_t hash = 0, length = 0;
  std::memcpy(&hash, all.data() + all.size() - word, word);
  if (hash != hash_of(all.substr(0, all.size() - word))) throw refuse("cut off or damaged");
  std::string_view rest = all.substr(title.size(), all.size() - title.size() - word);
  std::memcpy(&length, rest.data(), word);
  rest.remove_prefix(word);
  if (length > rest.size() || (rest.size() - length) % word != 0) throw refuse("damaged");
  try {
    const Json head = Json::parse(rest.substr(0, length));
    ExperimentCheckpoint checkpoint;
    checkpoint.name = head.at("experiment").get<std::string>();
    checkpoint.options = figure_options_of(head.at("options"));
    rest.remove_prefix(length);
    std::vector<std::uint64_t> words(rest.size() / word);
    std::memcpy(words.data(), rest.data(), rest.size());
    std::span<const std::uint64_t> left = words;
    checkpoint.outcome = Outcome::read(left);
    if (!left.empty()) throw input_error("more than an outcome");
    const Figure figure = figure_named(checkpoint.name, checkpoint.options);
    if (text_of(figure.plan) != checkpoint.outcome.plan())
      throw input_error("options and outcome are of different experiments");
    return checkpoint;
  } catch (const usage_error& error) {
    throw refuse(error.what());
  } catch (const input_error& error) {
    throw refuse(error.what());
  } catch (const nlohmann::json::exception& error) {
    throw refuse(error.what());
  }
}

}  // namespace halfulp
