// Bodies that are made to cost more than they weigh, with the schema each is aimed at.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace amqp_sidecar::suites {

struct HostileCase {
  std::string name;
  std::string schema;
  std::string body;
  // Stands in the complaint; empty where the body is valid.
  std::string complaint;
  bool unique_keys = false;
};

std::vector<HostileCase> HostileCases();

std::string Repeated(size_t times, const std::string& text);

}  // namespace amqp_sidecar::suites
