#include "broker/trace_context.h"

#include <string>

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

const std::string kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string With(size_t at, char c) {
  std::string changed = kParent;
  changed[at] = c;
  return changed;
}

TEST_CASE("a traceparent is one, by the letter of the specification") {
  CHECK(IsTraceParent(kParent));
  // A version to come may say more.
  CHECK(IsTraceParent("cc" + kParent.substr(2)));
  CHECK(IsTraceParent("cc" + kParent.substr(2) + "-what-more"));
  CHECK(!IsTraceParent("cc" + kParent.substr(2) + "what-more"));
  CHECK(!IsTraceParent(kParent + "-what-more"));
  CHECK(!IsTraceParent("ff" + kParent.substr(2)));
  CHECK(!IsTraceParent(""));
  CHECK(!IsTraceParent(kParent.substr(1)));
  CHECK(!IsTraceParent(With(4, 'B')));
  CHECK(!IsTraceParent(With(35, '_')));
  CHECK(!IsTraceParent(With(54, 'g')));
  CHECK(!IsTraceParent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  CHECK(!IsTraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
}

TEST_CASE("the trace id is the message's, where it has one") {
  FieldTable headers;
  CHECK(ToText(TraceIdOf(headers)).empty());
  headers["traceparent"] = FieldValue{kParent};
  CHECK(ToText(TraceIdOf(headers)) == "4bf92f3577b34da6a3ce929d0e0e4736");
  headers["traceparent"] = FieldValue{int64_t{5}};
  CHECK(ToText(TraceIdOf(headers)).empty());
}

TEST_CASE("a state goes along only with a parent, and only as far as it must be passed on") {
  FieldTable headers;
  AddTraceContext("nonsense", "a=b", headers);
  CHECK(headers.empty());
  AddTraceContext(kParent, std::string(kMostTraceStateBytes + 1, 'a'), headers);
  CHECK(headers.size() == 1);
  AddTraceContext(kParent, "a=b", headers);
  // It has its own already.
  CHECK(headers.size() == 1);
  headers.clear();
  AddTraceContext(kParent, "a=b", headers);
  CHECK(headers.size() == 2);
  headers.clear();
  AddTraceContext(kParent, "a=\n", headers);
  CHECK(headers.size() == 1);
}

}  // namespace
}  // namespace amqp_sidecar::broker
