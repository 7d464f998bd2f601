// JsonObject: as much of writing JSON as the figures need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace amqp_sidecar::bench {

class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view value);
  JsonObject& Number(std::string_view name, double value);
  // `json` as it is: an object, an array, null.
  JsonObject& Json(std::string_view name, std::string_view json);

  std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// One element a line.
std::string JsonArray(const std::vector<std::string>& elements);

}  // namespace amqp_sidecar::bench
