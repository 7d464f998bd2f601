#include "json/well_formed.h"

#include "json/document.h"

namespace amqp_sidecar::json {

std::optional<std::string> CheckWellFormed(std::string_view text) {
  thread_local Document document;
  return document.Parse(text);
}

}  // namespace amqp_sidecar::json
