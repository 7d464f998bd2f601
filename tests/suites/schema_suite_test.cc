// The official JSON-Schema-Test-Suite: the required tests of one draft, and the optional ones of
// the formats that we assert. Every test passes or is in the list of exceptions.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>

#include "json/format.h"
#include "json/schema.h"
#include "suites/exceptions.h"
#include "suites/suite_file.h"

namespace amqp_sidecar::suites {
namespace {

namespace fs = std::filesystem;

// What the suite says its remotes' URIs begin with.
constexpr const char* kRemotes = "http://localhost:1234/";

class SchemaSuite {
 public:
  SchemaSuite(fs::path folder, std::string draft, const fs::path& exceptions)
      : folder_(std::move(folder)), draft_(std::move(draft)), exceptions_(exceptions, draft_) {}

  // Whether all is as it should be.
  bool Run() {
    for (const auto& file : Files(folder_ / "tests" / draft_)) RunFile(file, false);
    for (const auto& file : Files(folder_ / "tests" / draft_ / "optional" / "format")) {
      if (json::FormatNamed(file.stem().string())) RunFile(file, true);
    }
    for (const std::string& name : exceptions_.Left()) {
      Complain("listed as an exception, and no test", name);
    }
    std::printf("%s: %d required tests, %d of formats; %d passed, %d are exceptions\n",
                draft_.c_str(), required_, formats_, passed_, excepted_);
    return complaints_ == 0 && required_ > 0 && formats_ > 0;
  }

 private:
  static std::vector<fs::path> Files(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  void RunFile(const fs::path& path, bool is_format) {
    const std::string file =
        is_format ? "format/" + path.filename().string() : path.filename().string();
    json::Schema::Options options;
    options.assert_format = is_format;
    options.draft = draft_ == "draft7" ? json::Draft::k07 : json::Draft::k202012;
    for (const SuiteGroup& group : ReadSuiteFile(path)) {
      (is_format ? formats_ : required_) += static_cast<int>(group.tests.size());
      RunGroup(file, group, options);
    }
  }

  void RunGroup(const std::string& file, const SuiteGroup& group,
                const json::Schema::Options& options) {
    // One for each: schemas of two groups may have the same $id.
    json::SchemaFolder remotes((folder_ / "remotes").string(), kRemotes);
    const auto schema = remotes.Compile("test.json", group.schema, options);
    const std::string all = TestName(draft_, file, group.description, "*");
    if (exceptions_.Take(all)) {
      if (schema.ok()) return Complain("listed as an exception, and its schema is taken", all);
      excepted_ += static_cast<int>(group.tests.size());
      return;
    }
    if (!schema.ok()) return Complain(std::string(schema.status().message()), all);
    for (const SuiteTest& test : group.tests) {
      const std::string name = TestName(draft_, file, group.description, test.description);
      RunTest(*schema, test, name);
    }
  }

  void RunTest(const json::Schema& schema, const SuiteTest& test, const std::string& name) {
    json::Document document;
    if (const auto wrong = document.Parse(test.data)) return Complain(*wrong, name);
    const auto faults = schema.Check(document, 1);
    const bool passes = faults.empty() == test.valid;
    const bool is_listed = exceptions_.Take(name);
    if (passes && is_listed) return Complain("listed as an exception, and passes", name);
    if (!passes && !is_listed) return Complain(faults.empty() ? "is taken" : faults[0], name);
    ++(passes ? passed_ : excepted_);
  }

  void Complain(const std::string& what, const std::string& name) {
    ++complaints_;
    std::printf("FAILED %s: %s\n", name.c_str(), what.c_str());
  }

  const fs::path folder_;
  const std::string draft_;
  Exceptions exceptions_;
  int required_ = 0;
  int formats_ = 0;
  int passed_ = 0;
  int excepted_ = 0;
  int complaints_ = 0;
};

}  // namespace
}  // namespace amqp_sidecar::suites

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: schema_suite_test SUITE DRAFT EXCEPTIONS\n");
    return 64;
  }
  try {
    return amqp_sidecar::suites::SchemaSuite(argv[1], argv[2], argv[3]).Run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
