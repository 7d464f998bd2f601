#include "bench/json.h"

#include <cstdio>

namespace amqp_sidecar::bench {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + "\"";
}

}  // namespace

JsonObject& JsonObject::Text(std::string_view name, std::string_view value) {
  return Json(name, Quoted(value));
}

JsonObject& JsonObject::Number(std::string_view name, double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.12g", value);
  return Json(name, text);
}

JsonObject& JsonObject::Json(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ", ";
  members_ += Quoted(name) + ": ";
  members_ += json;
  return *this;
}

std::string JsonArray(const std::vector<std::string>& elements) {
  std::string array = "[";
  for (size_t i = 0; i < elements.size(); ++i) array += (i == 0 ? "\n" : ",\n") + elements[i];
  return array + "]";
}

}  // namespace amqp_sidecar::bench
