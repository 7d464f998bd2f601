// The JSONTestSuite: what RFC 8259 takes (y_) is taken, what it does not (n_) is refused, and the
// rest (i_) has an answer.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "json/document.h"

namespace amqp_sidecar::suites {
namespace {

// How many there are of each, so that none is lost.
constexpr int kMustTake = 95;
constexpr int kMustRefuse = 188;
constexpr int kMayTake = 35;

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool Run(const std::filesystem::path& folder) {
  int taken = 0;
  int refused = 0;
  int either = 0;
  int failed = 0;
  json::Document document;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const auto wrong = document.Parse(ReadAll(entry.path()));
    if (name.starts_with("i_")) {
      std::printf("%s is %s\n", name.c_str(), wrong ? wrong->c_str() : "taken");
      ++either;
    } else if (name.starts_with("y_") != !wrong) {
      std::printf("FAILED %s: %s\n", name.c_str(), wrong ? wrong->c_str() : "is taken");
      ++failed;
    } else {
      ++(wrong ? refused : taken);
    }
  }
  std::printf("%d taken, %d refused, %d of either kind, %d failed\n", taken, refused, either,
              failed);
  return taken == kMustTake && refused == kMustRefuse && either == kMayTake && failed == 0;
}

}  // namespace
}  // namespace amqp_sidecar::suites

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: parsing_suite_test FOLDER\n");
    return 64;
  }
  try {
    return amqp_sidecar::suites::Run(argv[1]) ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
