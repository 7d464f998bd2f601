#include "broker/trace_context.h"

#include <algorithm>
#include <string>

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kTraceIdAt = 3;
constexpr size_t kParentIdAt = 36;
constexpr size_t kFlagsAt = 53;
constexpr size_t kBytes = 55;

bool IsHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return IsHex(text) && std::ranges::any_of(text, [](char c) { return c != '0'; });
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

const std::string* TextOf(const FieldTable& headers, const char* name) {
  const auto found = headers.find(name);
  return found == headers.end() ? nullptr : std::get_if<std::string>(&found->second.value);
}

}  // namespace

bool IsTraceParent(std::string_view text) {
  if (text.size() < kBytes || text[2] != '-' || text[kParentIdAt - 1] != '-' ||
      text[kFlagsAt - 1] != '-') {
    return false;
  }
  const std::string_view version = text.substr(0, 2);
  if (!IsHex(version) || version == "ff") return false;
  const bool ends_well = text.size() == kBytes || (version != "00" && text[kBytes] == '-');
  return ends_well && text.size() <= kMostTraceStateBytes && IsPrintable(text) &&
         IsId(text.substr(kTraceIdAt, 32)) && IsId(text.substr(kParentIdAt, 16)) &&
         IsHex(text.substr(kFlagsAt, 2));
}

TraceId TraceIdOf(const FieldTable& headers) {
  TraceId id = {};
  const std::string* parent = headers.empty() ? nullptr : TextOf(headers, kTraceParent);
  if (parent != nullptr && IsTraceParent(*parent)) {
    std::copy_n(parent->begin() + kTraceIdAt, id.size(), id.begin());
  }
  return id;
}

void AddTraceContext(std::string_view trace_parent, std::string_view trace_state,
                     FieldTable& headers) {
  if (headers.contains(kTraceParent) || !IsTraceParent(trace_parent)) return;
  headers[kTraceParent] = FieldValue{std::string(trace_parent)};
  const bool passes = !trace_state.empty() && trace_state.size() <= kMostTraceStateBytes &&
                      IsPrintable(trace_state) && !headers.contains(kTraceState);
  if (passes) headers[kTraceState] = FieldValue{std::string(trace_state)};
}

}  // namespace amqp_sidecar::broker
