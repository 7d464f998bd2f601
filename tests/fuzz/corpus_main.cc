// Feeds a fuzz target without libFuzzer: the files and folders that it is given, and every seed:
// whole, cut short at every byte, and with every byte changed in a few ways. `--write FOLDER`
// writes the seeds there, for libFuzzer to begin with.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/fuzz_target.h"

namespace {

size_t inputs = 0;

void Feed(const std::string& input) {
  ++inputs;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

void FeedDamaged(const std::string& input) {
  Feed(input);
  for (size_t i = 0; i < input.size(); ++i) {
    Feed(input.substr(0, i));
    std::string damaged = input;
    for (const int change : {0x01, 0x80, 0xFF}) {
      damaged[i] = static_cast<char>(input[i] ^ change);
      Feed(damaged);
    }
    // A length or a count that is as large as can be.
    damaged = input;
    for (size_t k = i; k < input.size() && k < i + 4; ++k) damaged[k] = '\xFF';
    Feed(damaged);
    Feed(input.substr(0, i) + input.substr(i + 1));
    Feed(input.substr(0, i) + input[i] + input.substr(i));
  }
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    std::exit(1);
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> seeds = amqp_sidecar::fuzz::Seeds();
  if (argc == 3 && std::string(argv[1]) == "--write") {
    for (size_t i = 0; i < seeds.size(); ++i) {
      std::ofstream(std::string(argv[2]) + "/seed-" + std::to_string(i), std::ios::binary)
          << seeds[i];
    }
    return 0;
  }
  for (const std::string& seed : seeds) FeedDamaged(seed);
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      Feed(ReadAll(argv[i]));
      continue;
    }
    for (const auto& file : std::filesystem::directory_iterator(argv[i])) {
      Feed(ReadAll(file.path()));
    }
  }
  std::printf("%zu inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
