#include "suites/suite_file.h"

#include <simdjson.h>

#include <stdexcept>

namespace amqp_sidecar::suites {
namespace {

using simdjson::ondemand::object;

std::string Text(object& from, std::string_view name) {
  return std::string(std::string_view(from.find_field_unordered(name).get_string()));
}

// What stands there, byte for byte: numbers of any size.
std::string Json(object& from, std::string_view name) {
  simdjson::ondemand::value value = from.find_field_unordered(name);
  return std::string(std::string_view(simdjson::to_json_string(value)));
}

SuiteGroup ReadGroup(object from) {
  SuiteGroup group;
  group.description = Text(from, "description");
  group.schema = Json(from, "schema");
  for (object test : from.find_field_unordered("tests").get_array()) {
    group.tests.push_back({Text(test, "description"), Json(test, "data"),
                           bool(test.find_field_unordered("valid").get_bool())});
  }
  return group;
}

}  // namespace

std::vector<SuiteGroup> ReadSuiteFile(const std::filesystem::path& file) {
  try {
    const simdjson::padded_string text = simdjson::padded_string::load(file.string());
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document = parser.iterate(text);
    std::vector<SuiteGroup> groups;
    for (object group : document.get_array()) groups.push_back(ReadGroup(group));
    return groups;
  } catch (const simdjson::simdjson_error& error) {
    throw std::runtime_error(file.string() + ": " + error.what());
  }
}

}  // namespace amqp_sidecar::suites
