// SuiteFile: the groups of tests in one file of the JSON-Schema-Test-Suite.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace amqp_sidecar::suites {

struct SuiteTest {
  std::string description;
  std::string data;  // JSON, as the file has it
  bool valid = false;
};

struct SuiteGroup {
  std::string description;
  std::string schema;  // JSON, as the file has it
  std::vector<SuiteTest> tests;
};

// Throws std::runtime_error where it is no such file.
std::vector<SuiteGroup> ReadSuiteFile(const std::filesystem::path& file);

}  // namespace amqp_sidecar::suites
