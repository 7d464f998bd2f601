#include "amqp_sidecar/error.h"

#include <array>
#include <utility>

namespace amqp_sidecar {
namespace {

std::string TextOf(const ErrorFields& fields) {
  std::string text(NameOf(fields.code));
  if (!fields.reason.empty()) text = fields.reason + " (" + text + ")";
  return fields.detail.empty() ? text : text + ": " + fields.detail;
}

}  // namespace

std::string_view NameOf(Code code) {
  constexpr std::array<std::string_view, 17> kNames = {"OK",
                                                       "CANCELLED",
                                                       "UNKNOWN",
                                                       "INVALID_ARGUMENT",
                                                       "DEADLINE_EXCEEDED",
                                                       "NOT_FOUND",
                                                       "ALREADY_EXISTS",
                                                       "PERMISSION_DENIED",
                                                       "RESOURCE_EXHAUSTED",
                                                       "FAILED_PRECONDITION",
                                                       "ABORTED",
                                                       "OUT_OF_RANGE",
                                                       "UNIMPLEMENTED",
                                                       "INTERNAL",
                                                       "UNAVAILABLE",
                                                       "DATA_LOSS",
                                                       "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

std::string_view NameOf(Persisted persisted) {
  constexpr std::array<std::string_view, 4> kNames = {"", "NO", "UNKNOWN", "PARTIAL"};
  return kNames.at(static_cast<std::size_t>(persisted));
}

Error::Error(ErrorFields fields) : std::runtime_error(TextOf(fields)), fields_(std::move(fields)) {}

}  // namespace amqp_sidecar
