#include "rpc/text_table.h"

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

TEST_CASE("a table sets numbers to the right and ends no line in spaces") {
  TextTable table({"QUEUE", ">UNSETTLED", "PEER"});
  table.Add({"billing", "7", "unix:"});
  table.Add({"a", "1200", ""});
  CHECK(table.Text("  ") ==
        "  QUEUE    UNSETTLED  PEER\n"
        "  billing          7  unix:\n"
        "  a             1200\n");
}

TEST_CASE("columns of a table are counted in characters, not in bytes") {
  TextTable table({"QUEUE", "PEER"});
  table.Add({"caf\u00e9", "p"});
  table.Add({"cafes", "q"});
  CHECK(table.Text("") == "QUEUE  PEER\ncaf\u00e9   p\ncafes  q\n");
}

TEST_CASE("a text that is cut has an ellipsis in the place of what is left out") {
  CHECK(CutTo("billing", 7) == "billing");
  CHECK(CutTo("billing", 6) == "billi\u2026");
  CHECK(CutTo("\u00e9\u00e9\u00e9", 2) == "\u00e9\u2026");
  CHECK(CutTo("billing", 1) == "\u2026");
  CHECK(CutTo("billing", 0).empty());
}

}  // namespace
}  // namespace amqp_sidecar::rpc
